-- Slow is what takes twice as long as 95 % of the webhook's deliveries took in the past, and at least 100 ms, which nobody
-- perceives as a delay. The past is read only of webhooks that may have an anomaly: a z-score of five needs six failed or late
-- attempts, and an effect of 0.2 one per cent; of those the 2,000 busiest, which bounds the time to a second or two. The limits
-- of the laterals keep the planner from reading the hours of all webhooks for each.
create function tocsin_internal.webhook_observations(p_tenant_id integer, p_window_seconds integer, p_now timestamptz)
returns setof tocsin_internal.anomaly_observation
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_since timestamptz := date_bin('5 minutes', p_now - p_window_seconds * interval '1 second', '2000-01-01 00:00Z');
  v_hours timestamptz[] := array(select distinct h.starts_at from tocsin_internal.past_hours(v_since, p_now) h order by 1);
  v_late_bucket smallint := tocsin_internal.latency_bucket(100);
  v_bounds integer[] := tocsin_internal.latency_bounds();
begin
  return query
    with latest as materialized (
      select h.webhook_id, h.starts_at, h.attempts, h.delivered, h.latency_buckets as buckets, h.latency_counts as counts
        from tocsin_data.webhooks w
       cross join lateral (
         select * from tocsin_data.history o
          where o.tenant_id = p_tenant_id and o.webhook_id = w.webhook_id and o.step_seconds = 300
            and o.starts_at >= v_since and o.starts_at < p_now limit 1000) h
       where w.tenant_id = p_tenant_id and w.deleted_at is null
      union all
      select u.webhook_id, date_bin('5 minutes', u.minute_at, '2000-01-01 00:00Z'), u.attempts, u.delivered,
             case when u.latency_bucket is null then '{}' else array[u.latency_bucket] end, array[u.delivered]
        from tocsin_internal.unrolled_history(p_tenant_id, null) u
       where u.attempts > 0 and u.minute_at >= v_since and u.minute_at < p_now),
    suspects as (
      select l.webhook_id from latest l
       cross join lateral (
         select coalesce(sum(b.n), 0) as late from unnest(l.buckets, l.counts) as b(bucket, n) where b.bucket >= v_late_bucket) t
       group by l.webhook_id
      having sum(l.attempts) >= 10
         and (sum(l.attempts - l.delivered) >= greatest(5, 0.009 * sum(l.attempts)) or sum(t.late) >= greatest(5, 0.009 * sum(l.delivered)))
       order by sum(l.attempts) desc limit 2000),
    past as materialized (
      select b.webhook_id, p.past, h.starts_at, h.attempts, h.delivered, h.latency_buckets as buckets, h.latency_counts as counts
        from suspects b
       cross join lateral (
         select * from tocsin_data.history o
          where o.tenant_id = p_tenant_id and o.webhook_id = b.webhook_id and o.step_seconds = 3600 and o.attempts > 0
            and o.starts_at = any (v_hours) and o.starts_at >= v_hours[1] and o.starts_at < v_since limit 1000) h
        join tocsin_internal.past_hours(v_since, p_now) p on p.starts_at = h.starts_at),
    periods as materialized (
      select l.*, null as past from latest l join suspects s on s.webhook_id = l.webhook_id
      union all select p.webhook_id, p.starts_at, p.attempts, p.delivered, p.buckets, p.counts, p.past from past p),
    slowness as materialized (
      select c.webhook_id,
           min(tocsin_internal.latency_bucket(greatest(100, 2 * coalesce(v_bounds[c.bucket + 1], 131072)) - 1) + 1) as slow_bucket
        from (select s.webhook_id, s.bucket, sum(s.n) over (partition by s.webhook_id order by s.bucket) as up_to,
                     sum(s.n) over (partition by s.webhook_id) as total
                from (select p.webhook_id, b.bucket, sum(b.n) as n
                        from past p cross join lateral unnest(p.buckets, p.counts) as b(bucket, n) group by 1, 2) s) c
       where c.up_to >= 0.95 * c.total group by c.webhook_id)
    select 'failure_rate', a.webhook_id::text, a.past, a.starts_at, (a.attempts - a.delivered)::double precision,
           a.attempts::double precision, null::integer
      from periods a where a.attempts > 0
    union all
    select 'latency', a.webhook_id::text, a.past, a.starts_at, (
             select coalesce(sum(b.n), 0) from unnest(a.buckets, a.counts) as b(bucket, n) where b.bucket >= s.slow_bucket),
           a.delivered::double precision, v_bounds[s.slow_bucket]
      from slowness s join periods a on a.webhook_id = s.webhook_id where a.delivered > 0;
end
$$;
comment on function tocsin_internal.webhook_observations(integer, integer, timestamptz) is
  'For each webhook of a tenant that may have an anomaly: how many failed, and how many of those delivered were slow, in the five minutes of a window and the hours that it is compared with.';
