create function tocsin_internal.id_bounds(
  p_since timestamptz, p_until timestamptz, p_before_id bigint, out from_id bigint, out before_id bigint)
language sql stable parallel safe as $$
  select tocsin_internal.id_at(least(greatest(p_since, timestamptz '2025-01-01 00:00Z'), now() + interval '10 years')),
         least(p_before_id, 9007199254740991, case when p_until is not null then
           tocsin_internal.id_at(least(greatest(p_until, timestamptz '2025-01-01 00:00Z'), now() + interval '10 years')) end)
$$;
comment on function tocsin_internal.id_bounds(timestamptz, timestamptz, bigint) is
  'The range of ids, from_id included and before_id not, of a time filter and a cursor; each may be null.';
