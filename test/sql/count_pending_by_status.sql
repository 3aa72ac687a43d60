do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('a', p_events => '{x}');
  v_down integer := pg_temp.make_webhook('b', p_events => '{y}');
  v_theirs integer := pg_temp.make_webhook('c', v_other);
begin
  assert (select string_agg(c.status || c.count, ' ') = 'ready0 scheduled0 parked0 sending0' from tocsin.count_pending_by_status() c);
  perform tocsin.raise_alert('x', i::text) from generate_series(1, 6) i;
  assert pg_temp.work('failed', 500, 'http_500: no', p_limit => 1) = 1;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600]}' where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no', p_limit => 1) = 1;
  assert (select count(*) = 1 from tocsin.get_ready_deliveries(1));
  update tocsin_data.webhooks set is_active = false where webhook_id = v_down;
  perform tocsin.raise_alert('y', 'parked');
  perform tocsin_internal.park_deliveries();
  perform tocsin.raise_alert('x', 'theirs', p_tenant_id => v_other);
  -- Within a transaction now() stands still, so what was raised in it would be due only later.
  update tocsin_data.alert_delivery_queue w set due_at = w.due_at - interval '1 minute' where w.attempt = 1;
  assert (select string_agg(c.status || c.count, ' ') = 'ready3 scheduled2 parked1 sending1' from tocsin.count_pending_by_status(1) c),
    (select string_agg(c.status || c.count, ' ') from tocsin.count_pending_by_status(1) c);
  assert (select string_agg(c.status || c.count, ' ') = 'ready4 scheduled2 parked1 sending1' from tocsin.count_pending_by_status() c);
  assert (select string_agg(c.status || c.count, ' ') = 'ready1 scheduled0 parked0 sending0' from tocsin.count_pending_by_status(v_other) c);
end
$$;
