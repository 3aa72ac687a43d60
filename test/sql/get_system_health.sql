do $$
declare
  v_shut integer := pg_temp.make_webhook('shut', p_events => '{shut}');
  v_slow integer := pg_temp.make_webhook('slow', p_events => '{slow}');
  h record;
begin
  select * into h from tocsin.get_system_health();
  assert (h.active_webhooks, h.failed_webhooks, h.queue_depth, h.oldest_due_seconds, h.workers) = (2, 0, 0, 0::double precision, 0);
  perform tocsin.raise_alert('shut', 'x');
  perform tocsin.raise_alert('slow', 'x');
  perform tocsin.raise_alert('slow', 'x');
  update tocsin_data.alert_delivery_queue set due_at = due_at - case webhook_id when v_shut then interval '1 day' else interval '1 hour' end;
  update tocsin_data.webhooks set is_active = false where webhook_id = v_shut;
  update tocsin_data.webhook_health_metrics set health_status = 'unavailable' where webhook_id = v_slow;
  perform tocsin.beat_worker(null, 'here', 1);
  insert into tocsin_data.workers (host, pid, beat_at) values ('lost', 2, now() - interval '1 minute');
  select * into h from tocsin.get_system_health();
  assert (h.active_webhooks, h.failed_webhooks, h.queue_depth, h.workers) = (1, 1, 3, 1), h::text;
  assert (h.scheduled, h.parked, h.sending, h.tenants_near_queue_limit) = (0, 0, 0, 0), h::text;
  assert h.oldest_due_seconds between 3600 and 3660, 'what waits for a shut webhook waits rightly';
  insert into tocsin_data.alert_delivery_parked select * from tocsin_data.alert_delivery_queue where webhook_id = v_shut;
  insert into tocsin_data.alert_delivery_retries select * from tocsin_data.alert_delivery_queue where webhook_id = v_slow;
  delete from tocsin_data.alert_delivery_queue;
  perform tocsin.raise_alert('slow', 'x');
  perform * from tocsin.get_ready_deliveries(1);
  perform tocsin.set_queue_limit('default', 1);
  insert into tocsin_data.tenant_queues values (1, 2, now(), now() + interval '1 hour');
  select * into h from tocsin.get_system_health();
  assert (h.queue_depth, h.scheduled, h.parked, h.sending, h.tenants_near_queue_limit) = (0, 2, 1, 1, 1), h::text;
end
$$;
