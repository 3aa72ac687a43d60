do $$
declare
  v_hook integer := pg_temp.make_webhook('a', p_max_retries => 0);
  v_idle integer := pg_temp.make_webhook('b', p_events => '{never}');
  v_gone integer := pg_temp.make_webhook('c');
  h record;
begin
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_gone;
  perform tocsin.raise_alert(p_message => i::text) from generate_series(1, 5) i;
  assert pg_temp.work(p_limit => 3) = 3;
  select * into h from tocsin.v_webhook_health_dashboard d where d.webhook_id = v_hook;
  assert h.total_deliveries = 3 and h.successful_deliveries = 3 and h.success_rate_percent = 100, 'before it is folded';
  assert h.health_status = 'healthy' and h.last_success_at <= clock_timestamp() and h.pending_deliveries = 2;
  perform tocsin_internal.fold_webhook_health();
  assert pg_temp.work('failed', 500, 'http_500: the receiver answered 500', p_limit => 1) = 1;
  select * into h from tocsin.v_webhook_health_dashboard d where d.webhook_id = v_hook;
  assert h.total_deliveries = 4 and h.failed_deliveries = 1 and h.success_rate_percent = 75 and h.consecutive_failures = 1;
  assert h.last_status_code = 500 and h.last_error = 'http_500: the receiver answered 500' and h.avg_response_time_ms = 12;
  assert h.is_active and h.breaker_state = 'closed' and h.blocked_until is null and h.pending_deliveries = 1;
  update tocsin_data.webhook_lanes set blocked_until = null;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600]}', is_active = true where webhook_id = v_hook;
  assert pg_temp.work('failed', 500, 'http_500: no') = 1;
  assert (select d.pending_deliveries = 1 from tocsin.v_webhook_health_dashboard d where d.webhook_id = v_hook), 'waiting for a retry counts';
  select * into h from tocsin.v_webhook_health_dashboard d where d.webhook_id = v_idle;
  assert h.health_status = 'unknown' and h.total_deliveries = 0 and h.success_rate_percent is null and h.last_used_at is null;
  assert (select array_agg(d.webhook_id) = array[v_hook, v_idle] from tocsin.v_webhook_health_dashboard d), 'deleted ones are left out';
end
$$;
