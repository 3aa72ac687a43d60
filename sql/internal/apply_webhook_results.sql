-- The breaker: closed → open after 5 failures in a row, for 30 s doubling to 15 min while it keeps failing. When that time
-- is over one delivery probes (slots_max = 1): a failure opens it again, a success makes it half-open, and each further
-- success doubles the slots until max_in_flight is reached and it closes: the slow start.
-- Pauses that the receiver asks for without saying how long double from 2 s to 5 min while it keeps asking.
create function tocsin_internal.apply_webhook_results(p_results tocsin_internal.webhook_results) returns void
language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp();
  h tocsin_data.webhook_health_metrics;
  l tocsin_data.webhook_lanes;
  v_was text;
begin
  select * into h from tocsin_data.webhook_health_metrics m where m.webhook_id = p_results.webhook_id for update;
  if not found then return; end if;
  select * into l from tocsin_data.webhook_lanes n
   where n.bucket = h.bucket and n.webhook_id = h.webhook_id for update;
  v_was := h.health_status;
  h.consecutive_failures := p_results.trailing_failures
    + case when p_results.delivered > 0 then 0 else h.consecutive_failures end;
  h.recent_failure_rate := tocsin_internal.failure_rate(h.recent_failure_rate, p_results.delivered,
    p_results.failed - p_results.failed_here);
  if p_results.trailing_failures > 0 and (h.breaker_state = 'half_open'
      or h.breaker_state = 'open' and coalesce(h.blocked_until <= v_now, true)
      or h.breaker_state = 'closed' and h.consecutive_failures >= 5) then
    h.breaker_state := 'open';
    h.breaker_opened_at := v_now;
    h.blocked_until := v_now + least(900, 30 * power(2, h.breaker_trips)) * (0.9 + 0.2 * random()) * interval '1 second';
    h.breaker_trips := least(h.breaker_trips + 1, 20);
    l.slots_max := 1;
  elsif p_results.delivered > 0 and p_results.trailing_failures = 0 and h.breaker_state <> 'closed' then
    h.breaker_state := 'half_open';
    h.blocked_until := null;
    l.blocked_until := null;
    l.slots_max := least(32767, coalesce(l.slots_max, 1) * 2);
    if l.slots_max >= l.max_in_flight then
      h.breaker_state := 'closed';
      h.breaker_trips := 0;
      l.slots_max := null;
    end if;
  end if;
  if p_results.throttle_seconds is not null then
    -- What was under way when the pause began does not lengthen it.
    if coalesce(h.blocked_until <= v_now, true) then h.throttle_streak := least(h.throttle_streak + 1, 20); end if;
    h.blocked_until := greatest(h.blocked_until, v_now + interval '1 second' * case
      when p_results.throttle_seconds > 0 then least(p_results.throttle_seconds, 3600)
      else least(300, power(2, greatest(h.throttle_streak, least(h.consecutive_failures, 6)))) * (0.9 + 0.2 * random()) end);
  elsif p_results.delivered > 0 and coalesce(h.blocked_until <= v_now, true) then
    h.throttle_streak := 0;
  end if;
  l := tocsin_internal.slow_down(l, h, p_results, v_now);
  h.health_status := tocsin_internal.health_status(h.breaker_state, h.consecutive_failures, h.recent_failure_rate);
  update tocsin_data.webhook_lanes n
     set blocked_until = case when h.blocked_until > v_now then greatest(l.blocked_until, h.blocked_until) else l.blocked_until end,
         slots_max = l.slots_max, slowed_by = l.slowed_by, slots_changed_at = l.slots_changed_at,
         watched = h.breaker_state <> 'closed' or h.consecutive_failures > 0 or h.throttle_streak > 0
           or coalesce(h.blocked_until > v_now, false)
   where n.bucket = l.bucket and n.webhook_id = l.webhook_id;
  perform tocsin_internal.store_health(h, p_results, v_was, v_now);
end
$$;
comment on function tocsin_internal.apply_webhook_results(tocsin_internal.webhook_results) is
  'Applies a batch of results to one webhook at once: streak, breaker, throttle, health state; writes webhook_health_metrics and webhook_lanes.';
