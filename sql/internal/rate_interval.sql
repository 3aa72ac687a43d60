create function tocsin_internal.rate_interval(p_rate real) returns double precision
language sql immutable parallel safe as $$
  select ceil(1e6 / (p_rate::double precision * case when p_rate >= 20 then 0.9 else 1 end)) / 1e6
$$;
comment on function tocsin_internal.rate_interval(real) is
  'Seconds between deliveries of a rate-limited webhook, in whole microseconds; with rate_burst, no second sees more than the limit.';
