-- As walk_lanes, over the index that holds only urgent deliveries. Ordered webhooks keep their order, however urgent.
create function tocsin_internal.walk_urgent(
  p_lanes_max integer, p_buckets smallint[], out webhook_ids integer[], out heads timestamptz[])
language plpgsql volatile set enable_seqscan = off as $$
begin
  with recursive walk (bucket, webhook_id, due_at, visited) as (
    select 0::smallint, 0, null::timestamptz, 0
    union all
    select n.bucket, n.webhook_id, n.due_at, w.visited + 1
      from walk w cross join lateral (
        select q.bucket, q.webhook_id, q.due_at from tocsin_data.alert_delivery_queue q
         where q.is_urgent and (q.bucket, q.webhook_id) > (w.bucket,
             case when p_buckets is null or w.bucket = any (p_buckets) then w.webhook_id else 2147483647 end)
         order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1) n
     where w.visited < 500)
  select array_agg(f.webhook_id), array_agg(f.due_at) into webhook_ids, heads
    from (select w.webhook_id, w.due_at from walk w
            join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
           where not l.ordered order by w.due_at limit p_lanes_max) f;
end
$$;
comment on function tocsin_internal.walk_urgent(integer, smallint[]) is
  'Lists the webhooks with something urgent waiting, those whose first waits longest, and since when; of the first 500.';
