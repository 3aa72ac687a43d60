create function tocsin_internal.share_score(p_x double precision, p_n double precision) returns double precision
language sql immutable parallel safe as $$
  select 2 * asin(sqrt((p_x + 0.375) / (p_n + 0.75)))
$$;
comment on function tocsin_internal.share_score(double precision, double precision) is
  'A share, x of n, by Anscombe''s arcsine: its noise has the variance 1 / (n + 0.5) whatever the share is. A difference of two scores is Cohen''s h: 0.2 is small, 0.5 medium, 0.8 large.';
