create function tocsin_internal.latency_bucket(p_response_ms integer) returns smallint
language sql immutable parallel safe as $$
  select width_bucket(case when p_response_ms < 0 then 0 else p_response_ms end, tocsin_internal.latency_bounds())::smallint
$$;
comment on function tocsin_internal.latency_bucket(integer) is
  'The place in latency_bounds() of the bucket that a latency falls into; null for null.';
