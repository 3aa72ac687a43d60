create function tocsin_internal.id_at(p_at timestamptz) returns bigint
language sql immutable parallel safe as $$
  select greatest(0, floor((date_part('epoch', p_at) - 1735689600) * 1024)::bigint) << 13
$$;
comment on function tocsin_internal.id_at(timestamptz) is 'The smallest id that can be made at a time: the bound of a partition or of a time filter.';
