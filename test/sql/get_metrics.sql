do $$
declare
  v_shut integer := pg_temp.make_webhook('shut', p_events => '{shut}');
  v_slow integer := pg_temp.make_webhook('slow', p_events => '{slow}');
  m record;
begin
  select * into m from tocsin.get_metrics();
  assert m.partition_runway_seconds = 0, 'none was made yet';
  perform tocsin.maintain_partitions();
  select * into m from tocsin.get_metrics();
  assert (m.ready, m.scheduled, m.parked, m.sending, m.oldest_due_seconds, m.workers) = (0, 0, 0, 0, 0::double precision, 0), m::text;
  assert (m.active_webhooks, m.unavailable_webhooks, m.breakers_closed, m.breakers_open, m.breakers_half_open) = (2, 0, 2, 0, 0), m::text;
  assert m.partition_runway_seconds between 6 * 86400 and 8 * 86400, m::text;
  assert m.alert_partitions >= 8 and m.log_partitions >= 8 and m.key_partitions >= 1, m::text;
  for i in 1..3 loop perform tocsin.raise_alert('slow', 'x'); end loop;
  perform tocsin.raise_alert('shut', 'x');
  insert into tocsin_data.alert_delivery_parked select * from tocsin_data.alert_delivery_queue where webhook_id = v_shut;
  delete from tocsin_data.alert_delivery_queue where webhook_id = v_shut;
  insert into tocsin_data.alert_delivery_retries select * from tocsin_data.alert_delivery_parked;
  update tocsin_data.alert_delivery_queue set due_at = due_at - interval '1 hour';
  update tocsin_data.webhook_health_metrics set breaker_state = 'open', health_status = 'unavailable' where webhook_id = v_slow;
  perform tocsin.beat_worker(null, 'here', 1);
  select * into m from tocsin.get_metrics();
  assert (m.ready, m.scheduled, m.parked, m.sending, m.workers) = (3, 1, 1, 0, 1), m::text;
  assert (m.active_webhooks, m.unavailable_webhooks, m.breakers_closed, m.breakers_open, m.breakers_half_open) = (2, 1, 1, 1, 0), m::text;
  assert m.oldest_due_seconds between 3600 and 3660, m::text;
  perform * from tocsin.get_ready_deliveries(2);
  select * into m from tocsin.get_metrics();
  assert (m.ready, m.sending) = (1, 2), m::text;
  -- Above 10,000 the statistics count; what they do not know yet is at least that much.
  insert into tocsin_data.alert_delivery_retries
    select q.due_at, g, q.alert_id, q.webhook_id, q.tenant_id, q.bucket, q.attempt
      from (select * from tocsin_data.alert_delivery_queue limit 1) q cross join generate_series(1, 10500) g;
  select * into m from tocsin.get_metrics();
  assert m.scheduled >= 10000, m::text;
  assert (m.tenants_near_queue_limit, m.tenants_reached_queue_limit) = (0, 0), m::text;
  perform tocsin.set_queue_limit('default', 10);
  insert into tocsin_data.tenant_queues values (1, 8, now(), now() + interval '1 hour');
  assert (select (g.tenants_near_queue_limit, g.tenants_reached_queue_limit) from tocsin.get_metrics() g) = (1, 0);
  assert (select w.tenants_near_queue_limit from tocsin.watch_system('here') w) = 1;
  update tocsin_data.tenant_queues set waiting = 11;
  assert (select (g.tenants_near_queue_limit, g.tenants_reached_queue_limit) from tocsin.get_metrics() g) = (0, 1);
  assert (select w.tenants_near_queue_limit from tocsin.watch_system('here') w) = 1;
end
$$;
