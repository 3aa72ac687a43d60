do $$
declare
  v_hook integer := pg_temp.make_webhook('a', p_events => '{x}');
  v_down integer := pg_temp.make_webhook('b', p_events => '{y}');
  v_idle integer := pg_temp.make_webhook('c', p_events => '{never}');
  q record;
begin
  perform tocsin.raise_alert('x', i::text) from generate_series(1, 6) i;
  assert pg_temp.work('failed', 500, 'http_500: no', p_limit => 1) = 1;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600]}' where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no', p_limit => 1) = 1;
  assert (select count(*) = 2 from tocsin.get_ready_deliveries(2));
  update tocsin_data.webhooks set is_active = false where webhook_id = v_down;
  perform tocsin.raise_alert('y', 'parked');
  perform tocsin_internal.park_deliveries();
  -- Age comes from outside: within a transaction now() stands still.
  update tocsin_data.alert_delivery_queue w set due_at = w.due_at - interval '1 minute' where w.attempt = 1;

  select * into q from tocsin.v_delivery_queue_status s where s.webhook_id = v_hook;
  assert q.waiting = 4 and q.due = 2 and q.scheduled = 2 and q.parked = 0 and q.sending = 2, q::text;
  assert q.oldest_due_at = (select min(due_at) from tocsin_data.alert_delivery_queue) and q.lag_seconds between 50 and 60, q::text;
  select * into q from tocsin.v_delivery_queue_status s where s.webhook_id = v_down;
  assert q.waiting = 1 and q.due = 0 and q.parked = 1 and q.sending = 0 and q.oldest_due_at is null and q.lag_seconds = 0, q::text;
  assert (select array_agg(s.webhook_id) = array[v_hook, v_down, v_idle] from tocsin.v_delivery_queue_status s), 'the furthest behind comes first';

  -- A result that is recorded while the rest of its lease is out is no longer being sent.
  perform tocsin.record_delivery_results(array[l.lease_id], l.delivery_ids[1:1], l.alert_ids[1:1], l.webhook_ids[1:1], l.attempts[1:1],
    '{delivered}', '{200}', '{5}', '{NULL}', '{NULL}', '{NULL}', '{}') from tocsin_data.alert_delivery_leases l;
  assert (select s.sending = 1 from tocsin.v_delivery_queue_status s where s.webhook_id = v_hook);
  assert tocsin.count_deliveries(1, 'sending') = 1;
end
$$;
