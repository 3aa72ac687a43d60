-- Additive increase, multiplicative decrease (Chiu and Jain 1989; AIMDLimit in Netflix concurrency-limits): half as many at a
-- time, at most once in five seconds, as what comes in between was sent before the last cut. A wish to be called less is one in
-- itself. Failures cut when a tenth of the recent attempts failed, and only as far as 1 - 2 × their share of max_in_flight: who
-- answers half of what it gets is offered twice what it answers (Handling Overload in Google's SRE book).
create function tocsin_internal.slow_down(
  l tocsin_data.webhook_lanes, h tocsin_data.webhook_health_metrics, r tocsin_internal.webhook_results, p_now timestamptz)
returns tocsin_data.webhook_lanes
language plpgsql stable as $$
declare
  v_slots integer := least(l.slots_max, l.max_in_flight);
  v_floor integer := greatest(1, ceil(l.max_in_flight * (1 - 2 * h.recent_failure_rate)));
begin
  if h.breaker_state <> 'closed' then
    l.slowed_by := null;
  elsif l.slots_changed_at > p_now - interval '5 seconds' and l.slowed_by is not null or r.overloads = 0 then
    return l;
  elsif r.throttle_seconds is not null and v_slots > 1 then
    l.slots_max := greatest(1, v_slots / 2);
    l.slowed_by := 'throttled';
    l.slots_changed_at := p_now;
  elsif h.recent_failure_rate > 0.1 and v_slots > v_floor then
    l.slots_max := greatest(v_floor, v_slots / 2);
    l.slowed_by := 'failures';
    l.slots_changed_at := p_now;
  end if;
  return l;
end
$$;
comment on function tocsin_internal.slow_down(
  tocsin_data.webhook_lanes, tocsin_data.webhook_health_metrics, tocsin_internal.webhook_results, timestamptz) is
  'A lane with fewer slots when these results ask for it; a webhook whose breaker is not closed has the slots of its slow start.';
