create function tocsin_internal.admit_lanes(
  p_webhook_ids integer[], p_slots integer[], p_special_ids integer[], p_denied smallint[], p_now timestamptz) returns integer[]
language plpgsql volatile as $$
begin
  if p_denied is null and coalesce(cardinality(p_special_ids), 0) = 0 then return p_slots; end if;
  return array(
    select case when (l.webhook_id & 63)::smallint = any (p_denied) then 0
                when l.webhook_id = any (p_special_ids) then least(l.slots, coalesce(s.slots, 0))
                else l.slots end
      from unnest(p_webhook_ids, p_slots) with ordinality as l(webhook_id, slots, n)
      left join tocsin_internal.lock_special_lanes(
        array(select i.id from unnest(p_special_ids) as i(id) where i.id = any (p_webhook_ids)), p_now) s
        on s.webhook_id = l.webhook_id
     order by l.n);
end
$$;
comment on function tocsin_internal.admit_lanes(integer[], integer[], integer[], smallint[], timestamptz) is
  'How many deliveries each lane may give, after the locks: none of a denied bucket, and of ordered and rate-limited webhooks what they allow now.';
