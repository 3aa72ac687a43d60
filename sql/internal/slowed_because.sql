create function tocsin_internal.slowed_because(
  l tocsin_data.webhook_lanes, m tocsin_data.webhook_health_metrics) returns text
language sql stable as $$
  select case
    when l.slots_max is null or l.slots_max >= l.max_in_flight then null
    when m.breaker_state <> 'closed' then 'it is recovering from failures'
    when l.slowed_by = 'throttled' then 'it asked to be called less'
    when l.slowed_by = 'failures' then format('%s %% of its recent attempts failed', round(100 * m.recent_failure_rate))
    when l.slowed_by = 'latency'
      then format('its answers take %s ms and usually %s ms', round(m.latency_now_ms), round(m.latency_usual_ms)) end
$$;
comment on function tocsin_internal.slowed_because(tocsin_data.webhook_lanes, tocsin_data.webhook_health_metrics) is
  'Why a webhook gets fewer deliveries at a time than its max_in_flight; null when it does not.';
