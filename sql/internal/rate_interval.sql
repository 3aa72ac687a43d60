create function tocsin_internal.rate_interval(p_rate real) returns double precision
language sql immutable parallel safe as $$
  select case when p_rate >= 20 then 1 / (p_rate * 0.9::double precision) else 1 / p_rate::double precision end
$$;
comment on function tocsin_internal.rate_interval(real) is
  'Seconds between deliveries of a rate-limited webhook; with rate_burst, no second sees more than the limit.';
