create function tocsin_internal.partition_days(p_parent text) returns integer
language sql immutable parallel safe as $$
  select case p_parent when 'idempotency_keys' then 10 else 1 end
$$;
comment on function tocsin_internal.partition_days(text) is
  'How many days a partition of a table spans: one, but ten for idempotency_keys, where each look-up probes all of them.';
