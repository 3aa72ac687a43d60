create function tocsin_internal.id_time(p_id bigint) returns timestamptz
language sql immutable parallel safe as $$
  select to_timestamp(1735689600 + (p_id >> 13) / 1024.0::double precision)
$$;
comment on function tocsin_internal.id_time(bigint) is 'The time at which an id was made, to the millisecond.';
