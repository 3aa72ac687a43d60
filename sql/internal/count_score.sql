create function tocsin_internal.count_score(p_x double precision) returns double precision
language sql immutable parallel safe as $$
  select 2 * sqrt(p_x + 0.375)
$$;
comment on function tocsin_internal.count_score(double precision) is
  'A number of independent events by Anscombe''s square root: its noise has the variance 1 whatever the number is.';
