-- Looking at a lane costs as much as taking five rows from it, so a round looks at an eighth as many lanes as it wants rows,
-- and only when these gave little does the next round look at more.
create function tocsin_internal.claim_rounds(
  p_limit integer, p_now timestamptz, p_buckets smallint[], p_overdue interval, p_busy_webhook_ids integer[], p_busy_counts integer[],
  p_wants_alone boolean, p_floor_webhook_ids integer[], p_floors timestamptz[], p_walks boolean,
  inout taken tocsin_data.alert_delivery_leases, inout special_ids integer[], inout next_after_webhook_id integer,
  inout walk_us integer, out next_ready_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_walk_at timestamptz; v_lanes_max integer := greatest(p_limit / 8, 12); v_after integer := next_after_webhook_id;
  v_webhook_ids integer[] := p_floor_webhook_ids; v_heads timestamptz[] := p_floors; v_lanes record; v_visited integer; v_from integer;
  v_before integer := coalesce(cardinality(taken.delivery_ids), 0); v_left integer := p_limit - v_before; v_lock record;
begin
  for v_round in 1..10 loop
    exit when v_left <= 0;
    v_from := next_after_webhook_id;
    if p_walks then
      v_walk_at := clock_timestamp();
      select w.webhook_ids, w.heads into v_webhook_ids, v_heads
        from tocsin_internal.walk_lanes(v_from, v_lanes_max, p_buckets, p_floor_webhook_ids, p_floors) w;
      walk_us := coalesce(walk_us, 0) + date_part('epoch', clock_timestamp() - v_walk_at) * 1e6;
    end if;
    v_visited := coalesce(cardinality(v_webhook_ids), 0);
    next_after_webhook_id := v_webhook_ids[v_visited];
    v_lanes := tocsin_internal.claim_lanes(v_webhook_ids, v_heads, p_buckets, p_overdue, p_busy_webhook_ids, p_busy_counts);
    next_ready_at := least(next_ready_at, v_lanes.next_ready_at);
    v_webhook_ids := v_lanes.webhook_ids;
    if cardinality(v_webhook_ids) > v_left then
      v_visited := v_lanes_max;
      next_after_webhook_id := v_webhook_ids[v_left];
      v_webhook_ids := v_webhook_ids[1:v_left];
    end if;
    if v_webhook_ids is not null then
      v_lock := tocsin_internal.lock_buckets(v_webhook_ids, p_wants_alone);
      taken := tocsin_internal.take_from_lanes(v_webhook_ids, v_lanes.heads[1:v_left],
        tocsin_internal.admit_lanes(v_webhook_ids, v_lanes.slots[1:v_left], v_lanes.special_ids, v_lock.denied, p_now),
        v_left, p_now - p_overdue, v_lock.is_alone, taken);
      special_ids := special_ids || v_lanes.special_ids;
      v_left := p_limit - coalesce(cardinality(taken.delivery_ids), 0);
    end if;
    exit when not p_walks;
    if v_visited < v_lanes_max then next_after_webhook_id := 0; end if;
    -- Who came to the last lane without a find begins again at the first.
    exit when v_left <= p_limit / 2 or v_visited < v_lanes_max and (v_from = 0 or v_left < p_limit - v_before);
    v_lanes_max := least(2 * v_lanes_max, greatest(p_limit / 8, 100));
  end loop;
  if not p_walks then next_after_webhook_id := v_after; end if;
end
$$;
comment on function tocsin_internal.claim_rounds(integer, timestamptz, smallint[], interval, integer[], integer[], boolean, integer[], timestamptz[], boolean, tocsin_data.alert_delivery_leases, integer[], integer, integer) is
  'Deletes due rows from alert_delivery_queue until p_limit are taken, shared evenly over their webhooks, in turn after the given one.';
