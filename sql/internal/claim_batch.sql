-- The claim deletes: a claimed delivery leaves the queue here, and what remains is one lease row for the whole batch. Its id
-- holds the time: a crash takes back what a claim, which commits asynchronously, drew from the sequence, and a token that is
-- given twice would let a result of the lost lease close the other.
create function tocsin_internal.claim_batch(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue interval, p_busy_webhook_ids integer[], p_busy_counts integer[],
  out lease tocsin_data.alert_delivery_leases, out next_after_webhook_id integer, out next_ready_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp();
  -- A small claim looks at more lanes than it can serve, lest a row of lanes that are full cost it a round trip each.
  v_lanes_max integer := greatest(p_limit, 50);
  v_webhook_ids integer[]; v_slots integer[]; v_special_ids integer[]; v_visited integer; v_share integer; v_extra integer;
begin
  select array_agg(c.webhook_id order by c.n) filter (where c.slots > 0),
         array_agg(c.slots order by c.n) filter (where c.slots > 0),
         array_agg(c.webhook_id order by c.n) filter (where c.slots > 0 and c.is_special),
         count(*), (array_agg(c.webhook_id order by c.n desc))[1], min(c.ready_at) filter (where c.ready_at > v_now)
    into v_webhook_ids, v_slots, v_special_ids, v_visited, next_after_webhook_id, next_ready_at
    from tocsin_internal.claim_lanes(p_after_webhook_id, v_lanes_max, p_buckets, p_overdue, p_busy_webhook_ids, p_busy_counts)
         with ordinality as c(webhook_id, slots, is_special, ready_at, n);
  if v_visited < v_lanes_max then next_after_webhook_id := 0; end if;
  if v_webhook_ids is null then return; end if;
  if cardinality(v_webhook_ids) > p_limit then
    next_after_webhook_id := v_webhook_ids[p_limit];
    v_webhook_ids := v_webhook_ids[1:p_limit];
    v_special_ids := array(select s.id from unnest(v_special_ids) as s(id) where s.id = any (v_webhook_ids));
  end if;
  if cardinality(v_special_ids) > 0 then
    select array_agg(least(l.slots, case when l.webhook_id = any (v_special_ids) then coalesce(s.slots, 0) else l.slots end)
             order by l.n) into v_slots
      from unnest(v_webhook_ids, v_slots) with ordinality as l(webhook_id, slots, n)
      left join tocsin_internal.lock_special_lanes(v_special_ids, v_now) s on s.webhook_id = l.webhook_id;
  end if;
  v_share := p_limit / cardinality(v_webhook_ids);
  v_extra := p_limit % cardinality(v_webhook_ids);
  with claimed as (
    delete from tocsin_data.alert_delivery_queue q
     where q.ctid = any (array(
       select c.ctid
         from unnest(v_webhook_ids, v_slots) with ordinality as v(webhook_id, slots, n)
        cross join lateral (
          select w.ctid from tocsin_data.alert_delivery_queue w
           where w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id and w.due_at <= v_now - p_overdue
           order by w.due_at, w.delivery_id
           limit least(v.slots, v_share + (v.n <= v_extra)::integer)
             for update skip locked) c))
    returning q.delivery_id, q.alert_id, q.webhook_id, q.attempt)
  insert into tocsin_data.alert_delivery_leases
      (lease_id, worker_id, claimed_at, expires_at, delivery_ids, alert_ids, webhook_ids, attempts)
    select tocsin_internal.next_id(), p_worker_id, v_now, v_now + p_lease_ms * interval '1 ms', array_agg(c.delivery_id),
           array_agg(c.alert_id), array_agg(c.webhook_id), array_agg(c.attempt)
      from claimed c having count(*) > 0
  returning * into lease;
  if lease.lease_id is not null and cardinality(v_special_ids) > 0 then
    perform tocsin_internal.charge_special_lanes(v_special_ids, lease);
  end if;
end
$$;
comment on function tocsin_internal.claim_batch(bigint, integer, integer, integer, smallint[], interval, integer[], integer[]) is
  'Moves up to p_limit due deliveries, shared evenly over their webhooks, from alert_delivery_queue into one new row of alert_delivery_leases; next_ready_at is when the next of the lanes it looked at may be served.';
