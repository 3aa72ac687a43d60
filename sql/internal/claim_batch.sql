-- The claim deletes: a claimed delivery leaves the queue here, and what remains is one lease row for the whole batch.
create function tocsin_internal.claim_batch(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue interval, p_busy_webhook_ids integer[], p_busy_counts integer[], p_wants_alone boolean,
  p_floor_webhook_ids integer[], p_floors timestamptz[], p_walks boolean,
  out lease tocsin_data.alert_delivery_leases, out next_after_webhook_id integer, out next_ready_at timestamptz,
  out walk_us integer)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp(); v_taken tocsin_data.alert_delivery_leases; v_special_ids integer[]; v_urgent record; c record;
begin
  if p_walks and p_overdue = interval '0' then
    v_urgent := tocsin_internal.claim_urgent(p_limit, p_buckets, v_now, p_wants_alone, p_busy_webhook_ids, p_busy_counts);
    p_busy_webhook_ids := v_urgent.busy_webhook_ids;
    p_busy_counts := v_urgent.busy_counts;
    v_taken := v_urgent.taken;
    v_special_ids := v_urgent.special_ids;
    walk_us := date_part('epoch', clock_timestamp() - v_now) * 1e6;
  end if;
  c := tocsin_internal.claim_rounds(p_limit, v_now, p_buckets, p_overdue, p_busy_webhook_ids, p_busy_counts, p_wants_alone,
    p_floor_webhook_ids, p_floors, p_walks, v_taken, v_special_ids, p_after_webhook_id, walk_us);
  v_taken := c.taken;
  next_after_webhook_id := c.next_after_webhook_id;
  next_ready_at := c.next_ready_at;
  walk_us := c.walk_us;
  if v_taken.delivery_ids is null then return; end if;
  insert into tocsin_data.alert_delivery_leases
      (lease_id, worker_id, claimed_at, expires_at, delivery_ids, alert_ids, webhook_ids, attempts)
    values (tocsin_internal.next_id(), p_worker_id, v_now, v_now + p_lease_ms * interval '1 ms', v_taken.delivery_ids, v_taken.alert_ids,
      v_taken.webhook_ids, v_taken.attempts)
  returning * into lease;
  if cardinality(c.special_ids) > 0 then
    perform tocsin_internal.charge_special_lanes(c.special_ids, lease);
  end if;
end
$$;
comment on function tocsin_internal.claim_batch(bigint, integer, integer, integer, smallint[], interval, integer[], integer[], boolean, integer[], timestamptz[], boolean) is
  'Moves up to p_limit due deliveries, urgent ones first, then shared evenly over their webhooks, from alert_delivery_queue into one new row of alert_delivery_leases; next_ready_at is when the next of the lanes it looked at may be served, walk_us what looking for lanes took.';
