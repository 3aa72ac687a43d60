-- A skip scan over the head of every lane (about 10 µs a lane), so that a backlog of a million rows costs the claim no
-- more than one row. While an old snapshot is open, what was claimed stays in the index, and a look at the beginning of a
-- lane steps over all of it. So a lane whose floor is known is looked at from there, and else only the gap before it: the rest
-- of the bucket, the buckets between, the next one's beginning. One row comparison would say the same, but before
-- PostgreSQL 18 a scan does not stop where its second column decides.
create function tocsin_internal.walk_lanes(
  p_after_webhook_id integer, p_lanes_max integer, p_buckets smallint[], p_floor_webhook_ids integer[], p_floors timestamptz[],
  out webhook_ids integer[], out heads timestamptz[])
language plpgsql volatile set enable_seqscan = off as $$
begin
  with recursive walk (bucket, webhook_id, due_at, next_floor, step, visited) as (
    select (p_after_webhook_id & 63)::smallint, p_after_webhook_id, null::timestamptz,
           1 + (select count(*)::integer from unnest(p_floor_webhook_ids) as f(id)
                 where (f.id & 63, f.id) <= (p_after_webhook_id & 63, p_after_webhook_id)), 0, 0
    union all
    select n.bucket, n.webhook_id, n.due_at, n.next_floor, w.step + 1, w.visited + (n.due_at is not null)::integer
      from walk w
     cross join lateral (select p_floor_webhook_ids[w.next_floor] as id, (p_floor_webhook_ids[w.next_floor] & 63)::smallint as bucket,
                                p_buckets is null or w.bucket = any (p_buckets) as is_mine,
                                case when p_buckets is null then w.bucket + 1
                                     else (select min(b.bucket) from unnest(p_buckets) as b(bucket) where b.bucket > w.bucket)
                                     end as next_bucket offset 0) f
     cross join lateral (
        (select q.bucket, q.webhook_id, q.due_at, w.next_floor from tocsin_data.alert_delivery_queue q
          where f.is_mine and q.bucket = w.bucket and q.webhook_id > w.webhook_id
            and q.webhook_id <= case when f.bucket = w.bucket then f.id - 1 else 2147483647 end
          order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1)
        union all
        (select q.bucket, q.webhook_id, q.due_at, w.next_floor from tocsin_data.alert_delivery_queue q
          where q.bucket >= f.next_bucket and q.bucket < coalesce(f.bucket, 64)
          order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1)
        union all
        (select q.bucket, q.webhook_id, q.due_at, w.next_floor from tocsin_data.alert_delivery_queue q
          where f.bucket > w.bucket and q.bucket = f.bucket and q.webhook_id < f.id
          order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1)
        union all
        (select f.bucket, f.id,
                (select q.due_at from tocsin_data.alert_delivery_queue q
                  where q.bucket = f.bucket and q.webhook_id = f.id and q.due_at >= p_floors[w.next_floor]
                  order by q.due_at, q.delivery_id limit 1), w.next_floor + 1 where f.id is not null)
        limit 1) n
     where w.visited < p_lanes_max)
  select array_agg(w.webhook_id order by w.step), array_agg(w.due_at order by w.step) into webhook_ids, heads
    from walk w where w.due_at is not null;
end
$$;
comment on function tocsin_internal.walk_lanes(integer, integer, smallint[], integer[], timestamptz[]) is
  'Lists the webhooks with something waiting, in turn after the given one, and since when their first waits; floors are in order of bucket and webhook.';
