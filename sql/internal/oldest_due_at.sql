-- A walk over the heads of lanes, as the claim does it. Lanes that are shut are left out: what waits there waits rightly.
create function tocsin_internal.oldest_due_at(p_lanes_max integer) returns timestamptz
language sql stable set enable_seqscan = off as $$
  with recursive walk (bucket, webhook_id, due_at, visited) as (
    (select q.bucket, q.webhook_id, q.due_at, 1 from tocsin_data.alert_delivery_queue q
      order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1)
    union all
    select n.bucket, n.webhook_id, n.due_at, w.visited + 1
      from walk w cross join lateral (
        select q.bucket, q.webhook_id, q.due_at from tocsin_data.alert_delivery_queue q
         where (q.bucket, q.webhook_id) > (w.bucket, w.webhook_id)
         order by q.bucket, q.webhook_id, q.due_at, q.delivery_id limit 1) n
     where w.visited < p_lanes_max
  )
  select min(w.due_at) from walk w
    join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
   where l.is_open and coalesce(l.blocked_until <= clock_timestamp(), true)
$$;
comment on function tocsin_internal.oldest_due_at(integer) is
  'When the delivery was due that waits longest in alert_delivery_queue though it may be sent; looks at p_lanes_max webhooks.';
