create function tocsin_internal.rate_burst(p_rate real) returns double precision
language sql immutable parallel safe as $$
  select case when p_rate >= 20 then p_rate * 0.1::double precision else 1 end
$$;
comment on function tocsin_internal.rate_burst(real) is 'How many deliveries a rate-limited webhook may be given at once.';
