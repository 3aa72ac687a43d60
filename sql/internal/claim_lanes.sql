-- A skip scan over the head of every lane (about 10 µs a lane), so that a backlog of a million rows costs the claim no
-- more than one row. Lanes that may not be served are listed with 0 slots: the walk must still move past them. An ordered
-- lane is freed when its delivery is recorded or put back, not by the clock: what was in flight must be back at its head
-- first. The ten minutes are for a lease that someone deleted by hand.
create function tocsin_internal.claim_lanes(
  p_after_webhook_id integer, p_lanes_max integer, p_buckets smallint[], p_overdue interval,
  p_busy_webhook_ids integer[], p_busy_counts integer[])
returns table (webhook_id integer, slots integer, is_special boolean, ready_at timestamptz)
language sql volatile as $$
  with recursive walk (bucket, webhook_id, due_at, visited) as (
    (select q.bucket, q.webhook_id, q.due_at, 1 from tocsin_data.alert_delivery_queue q
      where (q.bucket, q.webhook_id) > ((p_after_webhook_id & 63)::smallint,
        case when p_buckets is null or (p_after_webhook_id & 63) = any (p_buckets) then p_after_webhook_id else 2147483647 end)
      order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1)
    union all
    select n.bucket, n.webhook_id, n.due_at, w.visited + 1
      from walk w cross join lateral (
        select q.bucket, q.webhook_id, q.due_at from tocsin_data.alert_delivery_queue q
         where (q.bucket, q.webhook_id) > (w.bucket,
           case when p_buckets is null or w.bucket = any (p_buckets) then w.webhook_id else 2147483647 end)
         order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1) n
     where w.visited < p_lanes_max
  )
  select w.webhook_id,
         case when r.ready_at <= clock_timestamp() - p_overdue
              then greatest(0, least(coalesce(l.slots_max, l.max_in_flight), l.max_in_flight) - coalesce(b.busy_count, 0))
              else 0 end,
         l.ordered or l.rate_limit_per_second is not null,
         r.ready_at
    from walk w
    left join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
    left join unnest(p_busy_webhook_ids, p_busy_counts) as b(webhook_id, busy_count) on b.webhook_id = w.webhook_id
    cross join lateral (
     select case when l.is_open and (p_buckets is null or w.bucket = any (p_buckets))
                  and (l.busy_delivery_id is null or l.busy_until < clock_timestamp() - interval '10 minutes')
                 then greatest(w.due_at, l.blocked_until,
                   tocsin_internal.rate_ready_at(l.rate_next_at, l.rate_limit_per_second)) end) as r(ready_at)
   order by w.visited
$$;
comment on function tocsin_internal.claim_lanes(integer, integer, smallint[], interval, integer[], integer[]) is
  'Lists the webhooks with something waiting, in turn after the given one: how many deliveries each may give now, and from when on (null: not by itself).';
