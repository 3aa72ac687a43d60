-- A floor is a delivery that was claimed, and what became due before it was claimed too or is found by a walk without floors. It
-- leaves two seconds to transactions that were open when the floor was claimed, as long as no backlog makes that expensive.
create function tocsin_internal.floor_times(p_floor_delivery_ids bigint[]) returns timestamptz[]
language plpgsql volatile as $$
begin
  if p_floor_delivery_ids is null or p_floor_delivery_ids = '{}' then return null; end if;
  return array(select least(tocsin_internal.id_time(f.id), clock_timestamp() - interval '2 seconds')
                 from unnest(p_floor_delivery_ids) with ordinality as f(id, n) order by f.n);
end
$$;
comment on function tocsin_internal.floor_times(bigint[]) is
  'From when on lanes are looked at whose last claimed delivery is given.';
