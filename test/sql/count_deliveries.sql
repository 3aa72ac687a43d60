do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('a', p_max_retries => 0);
  v_slow integer := pg_temp.make_webhook('b', p_events => '{slow}');
  v_alert bigint;
begin
  assert tocsin.count_deliveries(1) = 0;
  perform tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('message', i::text)) from generate_series(1, 30) i));
  assert pg_temp.work('delivered', p_limit => 20) = 10 and pg_temp.work('failed', 500, 'http_500: no', p_limit => 2) = 2;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600]}' where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no', p_limit => 2) = 2;
  v_alert := tocsin.raise_alert('slow', 'to both');
  update tocsin_data.webhooks set is_active = false where webhook_id = v_slow;
  perform tocsin_internal.park_deliveries();
  assert (select count(*) = 2 from tocsin.get_ready_deliveries(2));

  assert tocsin.count_deliveries(1) = 32, tocsin.count_deliveries(1)::text;
  assert tocsin.count_deliveries(1, 'delivered') = 10 and tocsin.count_deliveries(1, 'failed') = 2;
  assert tocsin.count_deliveries(1, 'sending') = 2 and tocsin.count_deliveries(1, 'cancelled') = 0;
  assert tocsin.count_deliveries(1, 'pending') = 18, 'retries, parked ones and fresh ones';
  assert tocsin.count_deliveries(1, p_webhook_id => v_slow) = 1 and tocsin.count_deliveries(1, 'pending', v_hook) = 17;
  assert tocsin.count_deliveries(1, p_alert_id => v_alert) = 2 and tocsin.count_deliveries(1, 'pending', null, v_alert) = 2;
  assert tocsin.count_deliveries(1, 'failed', p_since => now()) = 2 and tocsin.count_deliveries(1, p_until => now()) = 0;
  assert tocsin.count_deliveries(v_other) = 0 and tocsin.count_deliveries(v_other, 'pending') = 0;
  assert tocsin.count_deliveries(v_other, p_webhook_id => v_hook) = 0 and tocsin.count_deliveries(v_other, p_alert_id => v_alert) = 0;

  perform tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('message', i::text)) from generate_series(1, 9990) i));
  assert tocsin.count_deliveries(1) = 10001 and tocsin.count_deliveries(1, 'pending') = 10001, 'it should count no further';
  assert pg_temp.failure_of('select tocsin.count_deliveries(1, ''retrying'')') = 'INVLD /status';
end
$$;
