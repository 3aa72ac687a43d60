-- On a logarithmic scale, so that one answer that took a thousand times as long does not move what is usual.
create function tocsin_internal.blend_latency(p_known_ms real, p_seen_ms double precision, p_weight double precision) returns real
language sql immutable parallel safe as $$
  select (exp(ln(1 + coalesce(p_known_ms, p_seen_ms)) * (1 - p_weight) + ln(1 + p_seen_ms) * p_weight) - 1)::real
$$;
comment on function tocsin_internal.blend_latency(real, double precision, double precision) is
  'A latency that is known, moved towards one that was seen; null is not known yet.';
