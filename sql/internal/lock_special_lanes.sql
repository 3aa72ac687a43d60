-- The row lock makes both exact over all workers: whoever does not get it skips the webhook this time.
-- Rate: GCRA with a tolerance of 100 ms, refilled at 90 % where that tolerance is more than one delivery, so that no
-- second ever sees more than rate_limit_per_second.
create function tocsin_internal.lock_special_lanes(p_webhook_ids integer[])
returns table (webhook_id integer, slots integer)
language sql volatile as $$
  select l.webhook_id,
         least(case when l.ordered then 1 else 32767 end,
               case when l.rate_limit_per_second is null then 32767
                    else greatest(0, floor(tocsin_internal.rate_burst(l.rate_limit_per_second)
                      - greatest(0, date_part('epoch', l.rate_next_at - clock_timestamp()))
                        / tocsin_internal.rate_interval(l.rate_limit_per_second))) end)::integer
    from tocsin_data.webhook_lanes l
   where l.webhook_id = any (p_webhook_ids) and l.bucket = (l.webhook_id & 63)::smallint
     and coalesce(l.busy_until <= clock_timestamp(), true)
   order by l.webhook_id
     for update skip locked
$$;
comment on function tocsin_internal.lock_special_lanes(integer[]) is
  'Locks the lanes of ordered and rate-limited webhooks that nobody else is claiming; gives how many each may give now.';
