-- As walk_lanes, over the index that holds only urgent deliveries. It is planned each time: by a plan that was made while the
-- queue was empty, and both indexes alike, it could read the whole backlog in the other one.
create function tocsin_internal.walk_urgent(p_buckets smallint[], out webhook_ids integer[], out heads timestamptz[])
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_custom_plan as $$
begin
  -- Often there is none, and planning the walk takes longer than all else that a small claim does.
  if not exists (select from tocsin_data.alert_delivery_queue q where q.is_urgent) then return; end if;
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
  select array_agg(w.webhook_id order by w.due_at), array_agg(w.due_at order by w.due_at) into webhook_ids, heads
    from walk w where w.due_at is not null;
end
$$;
comment on function tocsin_internal.walk_urgent(smallint[]) is
  'Lists the webhooks with something urgent waiting, of the first 500, those first whose first waits longest, and since when.';
