-- Three quarters of a claim at most, so that a stream of what is urgent does not starve the rest. What it leaves goes by the
-- time at which it is due, urgent or not. Rows are locked one by one: urgent ones are few, and so one statement serves whoever
-- is alone in a bucket and who is not.
create function tocsin_internal.claim_urgent(
  p_limit integer, p_buckets smallint[], p_now timestamptz, p_wants_alone boolean,
  inout busy_webhook_ids integer[], inout busy_counts integer[],
  out taken tocsin_data.alert_delivery_leases, out special_ids integer[])
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_limit integer := floor(0.75 * p_limit + random());
  v_walk record; v_lanes record; v_lock record; v_slots integer[]; v_picked record; v_ctids tid[];
begin
  if v_limit = 0 then return; end if;
  v_walk := tocsin_internal.walk_urgent(p_buckets);
  if v_walk.webhook_ids is null then return; end if;
  v_lanes := tocsin_internal.claim_lanes(v_walk.webhook_ids, v_walk.heads, p_buckets, interval '0', busy_webhook_ids, busy_counts);
  if v_lanes.webhook_ids is null then return; end if;
  special_ids := v_lanes.special_ids;
  v_lock := tocsin_internal.lock_buckets(v_lanes.webhook_ids, p_wants_alone);
  v_slots := tocsin_internal.admit_lanes(v_lanes.webhook_ids, v_lanes.slots, special_ids, v_lock.denied, p_now);
  v_picked := tocsin_internal.pick_urgent(v_lanes.webhook_ids, v_lanes.heads, v_slots, v_limit, p_now);
  v_ctids := array(
    select c.ctid from unnest(v_picked.webhook_ids, v_picked.due_ats, v_picked.delivery_ids) as v(webhook_id, due_at, delivery_id)
     cross join lateral (
       select w.ctid from tocsin_data.alert_delivery_queue w
        where w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id and w.due_at = v.due_at
          and w.delivery_id = v.delivery_id
        limit 1 for update skip locked) c);
  with claimed as (
    delete from tocsin_data.alert_delivery_queue q where q.ctid = any (v_ctids)
    returning q.delivery_id, q.alert_id, q.webhook_id, q.attempt)
  select array_agg(c.delivery_id), array_agg(c.alert_id), array_agg(c.webhook_id), array_agg(c.attempt)
    into taken.delivery_ids, taken.alert_ids, taken.webhook_ids, taken.attempts
    from claimed c;
  -- What it took is in flight for the rest of the claim, and a webhook that is ordered or has a rate is not asked twice.
  select array_agg(b.webhook_id), array_agg(b.n) into busy_webhook_ids, busy_counts
    from (select u.webhook_id, sum(u.n)::integer as n
            from (select * from unnest(busy_webhook_ids, busy_counts) as o(webhook_id, n)
                  union all select t.webhook_id, case when t.webhook_id = any (special_ids) then 32767 else 1 end
                    from unnest(taken.webhook_ids) as t(webhook_id)) u group by u.webhook_id) b;
end
$$;
comment on function tocsin_internal.claim_urgent(integer, smallint[], timestamptz, boolean, integer[], integer[]) is
  'Deletes due rows of urgent deliveries from alert_delivery_queue, at most three quarters of p_limit, those of the webhooks first that wait longest, and adds them to what is in flight.';
