-- With nothing urgent and few lanes, as it is nearly always, a claim needs no more steps than one for lanes that are known.
-- Urgent deliveries that are others' or not due yet change nothing, and may lie there for minutes.
create function tocsin_internal.walk_few(
  p_limit integer, p_buckets smallint[], p_floor_webhook_ids integer[], p_floors timestamptz[],
  out are_all boolean, out webhook_ids integer[], out heads timestamptz[], out walk_us integer)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp();
  v_lanes_max integer := least(greatest(p_limit / 8, 12), p_limit + 1);
  v_urgent record; v_walk record;
begin
  are_all := false;
  v_urgent := tocsin_internal.walk_urgent(p_buckets);
  if v_urgent.webhook_ids is not null then
    if exists (select from unnest(v_urgent.webhook_ids, v_urgent.heads) as u(webhook_id, head_at)
                where u.head_at <= clock_timestamp() and (p_buckets is null or (u.webhook_id & 63) = any (p_buckets))) then
      return;
    end if;
  end if;
  v_walk := tocsin_internal.walk_lanes(0, v_lanes_max, p_buckets, p_floor_webhook_ids, p_floors);
  webhook_ids := v_walk.webhook_ids;
  heads := v_walk.heads;
  are_all := coalesce(cardinality(webhook_ids), 0) < v_lanes_max;
  walk_us := date_part('epoch', clock_timestamp() - v_now) * 1e6;
end
$$;
comment on function tocsin_internal.walk_few(integer, smallint[], integer[], timestamptz[]) is
  'The webhooks with something waiting, if nothing of it is urgent and due, and if they are so few that a claim can serve them all; else are_all is false.';
