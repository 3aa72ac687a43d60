-- The row lock makes both exact over all workers: whoever does not get it skips the webhook this time.
-- Rate: GCRA with a tolerance of 100 ms, refilled at 90 % where that tolerance is more than one delivery, so that no
-- second ever sees more than rate_limit_per_second. It is counted by the claim's own clock, which is what is charged.
-- Order: while earlier deliveries are parked, or on their way back from there, those in the queue wait for them.
create function tocsin_internal.lock_special_lanes(p_webhook_ids integer[], p_now timestamptz)
returns table (webhook_id integer, slots integer)
language sql volatile as $$
  select l.webhook_id,
         least(case when l.ordered then 1 else 32767 end,
               case when l.rate_limit_per_second is null then 32767
                    else greatest(0, floor(tocsin_internal.rate_burst(l.rate_limit_per_second)
                      - greatest(0, date_part('epoch', l.rate_next_at - p_now))
                        / tocsin_internal.rate_interval(l.rate_limit_per_second))) end)::integer
    from unnest(p_webhook_ids) as i(webhook_id)
    join tocsin_data.webhook_lanes l on l.bucket = (i.webhook_id & 63)::smallint and l.webhook_id = i.webhook_id
   where l.is_open and coalesce(l.blocked_until <= p_now, true)
     and (l.busy_delivery_id is null or l.busy_until < p_now - interval '10 minutes')
     and not (l.ordered and l.parked and exists (
       select from tocsin_data.alert_delivery_parked p
        where p.bucket = l.bucket and p.webhook_id = l.webhook_id
          and (p.due_at, p.delivery_id) < (
            select q.due_at, q.delivery_id from tocsin_data.alert_delivery_queue q
             where q.bucket = l.bucket and q.webhook_id = l.webhook_id order by q.due_at, q.delivery_id limit 1)))
   order by l.webhook_id
     for update of l skip locked
$$;
comment on function tocsin_internal.lock_special_lanes(integer[], timestamptz) is
  'Locks the lanes of ordered and rate-limited webhooks that nobody else is claiming; gives how many each may give now.';
