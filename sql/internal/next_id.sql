-- Milliseconds (1/1024 s) since 2025-01-01 in the high 40 bits, a sequence in the low 13: safe in JSON (53 bits), in
-- order of time, and unique as long as fewer than 8,192 ids are made in a millisecond.
create function tocsin_internal.next_id() returns bigint
language sql volatile parallel unsafe as $$
  select (floor((date_part('epoch', clock_timestamp()) - 1735689600) * 1024)::bigint << 13)
    | (nextval('tocsin_data.id_seq') & 8191)
$$;
comment on function tocsin_internal.next_id() is 'Makes a time-ordered 53-bit id for an alert or a delivery.';
