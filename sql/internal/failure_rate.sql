-- Whole millionths, and no more than 500 steps: what halves for ever ends as an error of the server, not as zero.
create function tocsin_internal.failure_rate(p_rate real, p_delivered integer, p_failed integer) returns real
language sql immutable parallel safe as $$
  select (floor(1e6 * (p_rate * power(0.96, least(500, p_delivered + p_failed))
    + (1 - power(0.96, least(500, p_delivered + p_failed))) * p_failed / greatest(1, p_delivered + p_failed))) / 1e6)::real
$$;
comment on function tocsin_internal.failure_rate(real, integer, integer) is
  'The share of failures, 0 to 1, weighted towards the last fifty attempts or so, after so many more of either kind.';
