do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_plain integer := pg_temp.make_webhook('plain');
  v_set integer := tocsin.create_webhook(1, 'set', 'https://a.example', p_description => 'd', p_events => '{a.*,b}',
    p_min_severity => 'WARNING', p_filter => '{"context.b": {"gt": 1}, "context.a": 1}', p_header_names => '{x-b,x-a}', p_headers_sealed => 'v1.h',
    p_secret_sealed => 'v1.s', p_retry_policy => '{"schedule": [3600, 3600]}', p_timeout_seconds => 7, p_rate_limit_per_second => 0.1,
    p_max_in_flight => 3, p_ordered => true, p_format => 'slack');
  v_folded integer := pg_temp.make_webhook('folded');
  v_paused integer := pg_temp.make_webhook('paused');
  v_open integer := pg_temp.make_webhook('open');
  v_deleted integer := pg_temp.make_webhook('deleted');
  v_theirs integer := pg_temp.make_webhook('theirs', v_other);
  v_id integer;
  v_kinds integer[] := array[v_plain, v_set, v_folded, v_paused, v_open];
begin
  perform tocsin.raise_alert('x', 'delivered');
  perform pg_temp.work();
  perform tocsin_internal.fold_webhook_health();
  perform tocsin.raise_alert('x', 'not folded yet');
  perform pg_temp.work();
  perform tocsin.raise_alert('x', 'fails');
  perform pg_temp.work('failed', 500, 'http_500');
  perform tocsin.raise_alert('x', 'waits');
  update tocsin_data.webhooks set is_active = false, disabled_reason = 'It answered 410.' where webhook_id = v_paused;
  update tocsin_data.webhook_health_metrics set breaker_state = 'open', blocked_until = now() + interval '1 hour'
   where webhook_id = v_open;
  perform tocsin_internal.park_deliveries();
  perform tocsin.delete_webhook(1, v_deleted);

  foreach v_id in array v_kinds loop
    assert (select jsonb_agg(to_jsonb(g)) from tocsin.get_webhook(1, v_id) g)
         = (select jsonb_agg(to_jsonb(g)) from tocsin.get_webhooks(1, v_kinds) g where g.id = v_id), 'as alone: ' || v_id;
  end loop;
  assert (select array_agg(g.id) from tocsin.get_webhooks(1, array[v_open, v_plain, v_open, v_set]) g)
       = array[v_plain, v_set, v_open], 'ascending, each once';
  assert (select array_agg(g.id) from tocsin.get_webhooks(1, array[v_deleted, v_theirs, null, 0, -1, 2147483647, v_set]) g)
       = array[v_set], 'without those that do not exist, were deleted or are another tenant''s';
  assert (select array_agg(g.id) from tocsin.get_webhooks(v_other, array[v_plain, v_theirs]) g) = array[v_theirs];
  assert (select count(*) from tocsin.get_webhooks(1, (select array_agg(i) from generate_series(1, 1000) i))) >= 5;

  assert pg_temp.failure_of('select tocsin.get_webhooks(1, null)') = 'INVLD /webhook_ids';
  assert pg_temp.failure_of('select tocsin.get_webhooks(1, ''{}'')') = 'INVLD /webhook_ids';
  assert pg_temp.failure_of('select tocsin.get_webhooks(1, array(select generate_series(1, 1001)))') = 'INVLD /webhook_ids';
end
$$;
