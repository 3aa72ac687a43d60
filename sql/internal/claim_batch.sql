-- The claim deletes: a claimed delivery leaves the queue here, and what remains is one lease row for the whole batch.
-- Looking at a lane costs as much as taking five rows from it, so a round looks at a fifth as many lanes as it wants rows,
-- and only when these were shallow does the next round look at more.
create function tocsin_internal.claim_batch(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue interval, p_busy_webhook_ids integer[], p_busy_counts integer[], p_wants_alone boolean,
  out lease tocsin_data.alert_delivery_leases, out next_after_webhook_id integer, out next_ready_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp();
  -- A small claim looks at more lanes than it can serve, lest a row of lanes that are full cost it a round trip each.
  v_lanes_max integer := greatest(p_limit / 5, 50);
  v_webhook_ids integer[]; v_slots integer[]; v_special_ids integer[]; v_specials integer[] := '{}'; v_visited integer; v_from integer;
  v_ready_at timestamptz; v_left integer := p_limit; v_lock record; v_taken tocsin_data.alert_delivery_leases;
begin
  next_after_webhook_id := p_after_webhook_id;
  for v_round in 1..10 loop
    v_from := next_after_webhook_id;
    select array_agg(c.webhook_id order by c.n) filter (where c.slots > 0),
           array_agg(c.slots order by c.n) filter (where c.slots > 0),
           array_agg(c.webhook_id order by c.n) filter (where c.slots > 0 and c.is_special),
           count(*), (array_agg(c.webhook_id order by c.n desc))[1], min(c.ready_at) filter (where c.ready_at > v_now)
      into v_webhook_ids, v_slots, v_special_ids, v_visited, next_after_webhook_id, v_ready_at
      from tocsin_internal.claim_lanes(v_from, v_lanes_max, p_buckets, p_overdue, p_busy_webhook_ids, p_busy_counts)
           with ordinality as c(webhook_id, slots, is_special, ready_at, n);
    next_ready_at := least(next_ready_at, v_ready_at);
    if cardinality(v_webhook_ids) > v_left then
      v_visited := v_lanes_max;
      next_after_webhook_id := v_webhook_ids[v_left];
      v_webhook_ids := v_webhook_ids[1:v_left];
    end if;
    if v_webhook_ids is not null then
      v_lock := tocsin_internal.lock_buckets(v_webhook_ids, p_wants_alone);
      v_slots := tocsin_internal.admit_lanes(v_webhook_ids, v_slots, v_special_ids, v_lock.denied, v_now);
      v_taken := tocsin_internal.take_from_lanes(v_webhook_ids, v_slots, v_left, v_now - p_overdue, v_lock.is_alone, v_taken);
      v_specials := v_specials || v_special_ids;
      v_left := p_limit - coalesce(cardinality(v_taken.delivery_ids), 0);
    end if;
    if v_visited < v_lanes_max then next_after_webhook_id := 0; end if;
    -- Who came to the last lane without a find begins again at the first.
    exit when v_left <= p_limit / 2 or v_visited < v_lanes_max and (v_from = 0 or v_left < p_limit);
  end loop;
  if v_left = p_limit then return; end if;
  insert into tocsin_data.alert_delivery_leases
      (lease_id, worker_id, claimed_at, expires_at, delivery_ids, alert_ids, webhook_ids, attempts)
    values (tocsin_internal.next_id(), p_worker_id, v_now, v_now + p_lease_ms * interval '1 ms', v_taken.delivery_ids, v_taken.alert_ids,
      v_taken.webhook_ids, v_taken.attempts)
  returning * into lease;
  if cardinality(v_specials) > 0 then
    perform tocsin_internal.charge_special_lanes(v_specials, lease);
  end if;
end
$$;
comment on function tocsin_internal.claim_batch(bigint, integer, integer, integer, smallint[], interval, integer[], integer[], boolean) is
  'Moves up to p_limit due deliveries, shared evenly over their webhooks, from alert_delivery_queue into one new row of alert_delivery_leases; next_ready_at is when the next of the lanes it looked at may be served.';
