create function tocsin_internal.rate_ready_at(p_next_at timestamptz, p_rate real) returns timestamptz
language sql stable parallel safe as $$
  select p_next_at - (tocsin_internal.rate_burst(p_rate) - 1) * tocsin_internal.rate_interval(p_rate) * interval '1 second'
$$;
comment on function tocsin_internal.rate_ready_at(timestamptz, real) is
  'From when on a rate-limited webhook may be given at least one delivery; null for one without a limit.';
