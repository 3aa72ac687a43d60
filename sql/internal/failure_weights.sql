-- Fitted, not chosen: written by `bun bench/failure_risk.ts --seed 1 --write`, see docs/decisions/0015-failure-risk.md.
create function tocsin_internal.failure_weights() returns double precision[]
language sql immutable parallel safe as $$
  select '{-5.2737,0.6371,0.2901,5.4872,-0.2342,0.4288,2.6235,4.266,0.347}'::double precision[]
$$;
comment on function tocsin_internal.failure_weights() is
  'The weights of the model of failure: the constant, then one for each of failure_scores().';
