-- Counted up to 10,000, which takes some milliseconds; above that the last sample says more than a count would that is old
-- when it is done.
create function tocsin_internal.waiting_now(p_tenant_id integer, out queue_depth bigint, out oldest_due_seconds double precision)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[] := tocsin_internal.tenant_lanes(p_tenant_id, null);
begin
  queue_depth := tocsin_internal.count_waiting(p_tenant_id, null, 0, 9007199254740991, true, 10000);
  if queue_depth >= 10000 then
    queue_depth := greatest(queue_depth, (
      select s.queue_depth from tocsin_internal.read_history(p_tenant_id, 0,
          date_bin('1 minute', clock_timestamp() - interval '15 minutes', '2000-01-01 00:00Z'), clock_timestamp(), 60) s
       where s.queue_depth is not null order by s.at desc limit 1));
  end if;
  oldest_due_seconds := greatest(0, coalesce(date_part('epoch', clock_timestamp() -
    case when v_lanes is null then tocsin_internal.scan_oldest_due(p_tenant_id)
      else (select min(d.due_at)
        from unnest(v_lanes) as w(webhook_id)
        join tocsin_data.webhook_lanes l on l.bucket = (w.webhook_id & 63)::smallint and l.webhook_id = w.webhook_id
       cross join lateral (
         select q.due_at from tocsin_data.alert_delivery_queue q
          where q.bucket = l.bucket and q.webhook_id = l.webhook_id order by q.due_at, q.delivery_id limit 1) d
       where l.is_open and coalesce(l.blocked_until <= clock_timestamp(), true)) end), 0));
end
$$;
comment on function tocsin_internal.waiting_now(integer) is
  'How many deliveries of a tenant wait, be it for their turn, a retry or their webhook, and for how long the oldest that could be sent has been due.';
