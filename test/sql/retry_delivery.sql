do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('a', p_max_retries => 1);
  v_ordered integer := pg_temp.make_webhook('b', p_events => '{row}', p_ordered => true);
  v_id bigint; v_alert bigint;
  d record;
begin
  -- Waiting for the first time: it is due already, and stays one delivery.
  v_alert := tocsin.raise_alert('x', 'number one');
  v_id := (select l.id from tocsin.list_deliveries(1) l);
  select * into d from tocsin.retry_delivery(v_id, 1);
  assert d.id = v_id and d.status = 'pending' and d.attempt_count = 0;
  assert (select count(*) = 1 from tocsin_data.alert_delivery_queue);

  -- Waiting for a retry, in the queue and among the far-off ones.
  assert pg_temp.work('failed', 500, 'http_500: no') = 1 and pg_temp.work() = 0;
  select * into d from tocsin.retry_delivery(v_id);
  assert d.status = 'pending' and d.attempt_count = 1 and d.next_attempt_at <= clock_timestamp();
  create temporary table claimed as select * from tocsin.get_ready_deliveries();
  assert (select array_agg(c.attempt) = '{2}' from claimed c);
  assert pg_temp.failure_of(format('select tocsin.retry_delivery(%s)', v_id)) = 'STALE', 'while it is being sent';
  perform tocsin_internal.put_back_leases(array(select c.lease_id from claimed c));
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600, 3600]}' where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no') = 1;
  assert (select count(*) = 1 from tocsin_data.alert_delivery_retries);
  perform tocsin.retry_delivery(v_id, 1);
  assert not exists (select from tocsin_data.alert_delivery_retries);

  -- Given up: one more attempt, and it is no longer among the failed ones.
  assert pg_temp.work('failed', 500, 'http_500: no') = 1;
  assert (select g.status = 'failed' and g.attempt_count = 3 from tocsin.get_delivery(1, v_id) g);
  select * into d from tocsin.retry_delivery(v_id);
  assert d.status = 'pending' and d.attempt_count = 3;
  assert tocsin.count_deliveries(1, 'failed') = 0 and tocsin.count_deliveries(1, 'pending') = 1 and tocsin.count_deliveries(1) = 1;
  assert (select array_agg(a.status) = '{retrying,retrying,retrying}' from tocsin.list_attempts(1, v_id) a);
  perform tocsin.retry_delivery(v_id);
  assert (select count(*) = 1 from tocsin_data.alert_delivery_queue), 'twice asked, once sent';
  assert pg_temp.work() = 1;

  -- Delivered: sent once more under the next attempt.
  select * into d from tocsin.retry_delivery(v_id);
  assert d.status = 'pending' and d.attempt_count = 4 and d.last_status_code = 200;
  assert tocsin.count_deliveries(1, 'delivered') = 0 and tocsin.count_deliveries(1) = 1;
  assert (select array_agg(l.id) = array[v_id] from tocsin.list_deliveries(1, 'pending') l);
  assert not exists (select from tocsin.list_deliveries(1, 'delivered'));
  assert (select array_agg(r.attempt) = '{5}' from tocsin.get_ready_deliveries() r);
  perform tocsin_internal.put_back_leases(array(select lease_id from tocsin_data.alert_delivery_leases));
  assert pg_temp.work() = 1;
  assert tocsin.count_deliveries(1, 'delivered') = 1 and (select g.attempt_count = 5 from tocsin.get_delivery(1, v_id) g);

  -- Parked behind an open breaker: it goes out at once as the probe; the breaker stays open.
  update tocsin_data.webhooks set retry_policy = '{"max_retries": 9}' where webhook_id = v_hook;
  v_alert := tocsin.raise_alert('x', 'number two');
  v_id := (select l.id from tocsin.list_deliveries(1, p_limit => 1) l);
  update tocsin_data.webhook_health_metrics set breaker_state = 'open', blocked_until = clock_timestamp() + interval '5 minutes'
   where webhook_id = v_hook;
  update tocsin_data.webhook_lanes set slots_max = 1, watched = true, blocked_until = clock_timestamp() + interval '5 minutes'
   where webhook_id = v_hook;
  perform tocsin_internal.park_deliveries();
  assert (select count(*) = 1 from tocsin_data.alert_delivery_parked) and pg_temp.work() = 0;
  perform tocsin.retry_delivery(v_id);
  assert not exists (select from tocsin_data.alert_delivery_parked);
  assert pg_temp.work('failed', 500, 'http_500: no') = 1;
  assert (select m.breaker_state = 'open' and m.blocked_until > clock_timestamp() from tocsin_data.webhook_health_metrics m where m.webhook_id = v_hook);
  perform tocsin.retry_delivery(v_id);
  assert pg_temp.work() = 1;
  assert (select m.breaker_state = 'half_open' from tocsin_data.webhook_health_metrics m where m.webhook_id = v_hook);

  -- Ordered: the lane waits no longer, and the order stays.
  perform tocsin.raise_alert('row', 'first in the row');
  perform tocsin.raise_alert('row', 'second in the row');
  update tocsin_data.webhooks set is_active = false where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no') = 1 and pg_temp.work() = 0;
  v_id := (select min(l.id) from tocsin.list_deliveries(1, p_webhook_id => v_ordered) l);
  perform tocsin.retry_delivery((select max(l.id) from tocsin.list_deliveries(1, p_webhook_id => v_ordered) l));
  assert (select array_agg(r.delivery_id) = array[v_id] from tocsin.get_ready_deliveries() r), 'the second waits for the first';
  perform tocsin_internal.put_back_leases(array(select lease_id from tocsin_data.alert_delivery_leases));

  assert pg_temp.failure_of('select tocsin.retry_delivery(5)') = 'NTFND';
  assert pg_temp.failure_of(format('select tocsin.retry_delivery(%s, %s)', v_id, v_other)) = 'NTFND';
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_hook;
  v_id := (select max(l.id) from tocsin.list_deliveries(1, 'delivered', v_hook) l);
  assert pg_temp.failure_of(format('select tocsin.retry_delivery(%s)', v_id)) = 'INVLD', 'of a deleted webhook';
  v_id := (select max(l.id) from tocsin.list_deliveries(1, p_webhook_id => v_ordered) l);
  delete from tocsin_data.alerts;
  assert pg_temp.failure_of(format('select tocsin.retry_delivery(%s)', v_id)) = 'INVLD', 'of an alert that is gone';
end
$$;
