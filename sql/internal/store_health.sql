create function tocsin_internal.store_health(
  h tocsin_data.webhook_health_metrics, r tocsin_internal.webhook_results, p_was text, p_now timestamptz) returns void
language sql volatile as $$
  update tocsin_data.webhook_health_metrics m
     set total_deliveries = m.total_deliveries + r.delivered + r.failed,
         successful_deliveries = m.successful_deliveries + r.delivered,
         failed_deliveries = m.failed_deliveries + r.failed,
         consecutive_failures = h.consecutive_failures,
         recent_failure_rate = h.recent_failure_rate,
         avg_response_time_ms = coalesce(m.avg_response_time_ms * 0.9 + r.response_ms_avg * 0.1, r.response_ms_avg, m.avg_response_time_ms),
         max_response_time_ms = greatest(m.max_response_time_ms, r.response_ms_max),
         last_status_code = r.last_status_code,
         last_error = case when r.failed > 0 then r.last_error else m.last_error end,
         last_used_at = p_now,
         last_success_at = case when r.delivered > 0 then p_now else m.last_success_at end,
         last_failure_at = case when r.failed > 0 then p_now else m.last_failure_at end,
         health_status = h.health_status,
         status_changed_at = case when h.health_status <> p_was then p_now else m.status_changed_at end,
         breaker_state = h.breaker_state,
         breaker_opened_at = h.breaker_opened_at,
         breaker_trips = h.breaker_trips,
         throttle_streak = h.throttle_streak,
         blocked_until = case when h.blocked_until > p_now then h.blocked_until end
   where m.webhook_id = h.webhook_id
$$;
comment on function tocsin_internal.store_health(tocsin_data.webhook_health_metrics, tocsin_internal.webhook_results, text, timestamptz) is
  'Writes the health row that apply_webhook_results worked out.';
