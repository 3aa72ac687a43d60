create function tocsin_internal.health_status(p_breaker_state text, p_consecutive_failures integer, p_failure_rate real) returns text
language sql immutable parallel safe as $$
  select case
    when p_breaker_state = 'open' or p_consecutive_failures >= 5 then 'unavailable'
    when p_breaker_state = 'half_open' or p_consecutive_failures >= 2 or p_failure_rate > 0.1 then 'degraded'
    else 'healthy' end
$$;
comment on function tocsin_internal.health_status(text, integer, real) is
  'What a webhook that was used is called: healthy, degraded or unavailable.';
