-- Slow is what takes twice as long as 95 % of the webhook's deliveries took in the past, and at least 100 ms, which nobody
-- perceives as a delay. The 2,000 busiest webhooks are looked at, which bounds the time to a second or two.
create function tocsin_internal.webhook_observations(p_tenant_id integer, p_window_seconds integer, p_now timestamptz)
returns setof tocsin_internal.anomaly_observation
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_since timestamptz := date_bin('5 minutes', p_now - p_window_seconds * interval '1 second', '2000-01-01 00:00Z');
  v_bounds integer[] := tocsin_internal.latency_bounds();
begin
  return query
    with latest as materialized (
      select h.webhook_id, h.starts_at, h.attempts, h.delivered, h.latency_buckets as buckets, h.latency_counts as counts
        from tocsin_data.webhooks w
       cross join lateral (
         select * from tocsin_data.history o
          where o.tenant_id = p_tenant_id and o.webhook_id = w.webhook_id and o.step_seconds = 300
            and o.starts_at >= v_since and o.starts_at < p_now) h
       where w.tenant_id = p_tenant_id and w.deleted_at is null
      union all
      select u.webhook_id, date_bin('5 minutes', u.minute_at, '2000-01-01 00:00Z'), u.attempts, u.delivered,
             case when u.latency_bucket is null then '{}' else array[u.latency_bucket] end, array[u.delivered]
        from tocsin_internal.unrolled_history(p_tenant_id, null) u
       where u.attempts > 0 and u.minute_at >= v_since and u.minute_at < p_now),
    busiest as (
      select l.webhook_id from latest l group by l.webhook_id having sum(l.attempts) >= 10 order by sum(l.attempts) desc limit 2000),
    past as materialized (
      select b.webhook_id, p.past, h.starts_at, h.attempts, h.delivered, h.latency_buckets as buckets, h.latency_counts as counts
        from busiest b cross join tocsin_internal.past_hours(v_since, p_now) p
       cross join lateral (
         select * from tocsin_data.history o
          where o.tenant_id = p_tenant_id and o.webhook_id = b.webhook_id and o.step_seconds = 3600
            and o.starts_at = p.starts_at and o.attempts > 0) h),
    slowness as materialized (
      select c.webhook_id, min(tocsin_internal.latency_bucket(greatest(100, 2 * v_bounds[c.bucket + 1]) - 1) + 1) as slow_bucket
        from (select s.webhook_id, s.bucket, sum(s.n) over (partition by s.webhook_id order by s.bucket) as up_to,
                     sum(s.n) over (partition by s.webhook_id) as total
                from (select p.webhook_id, b.bucket, sum(b.n) as n
                        from past p cross join lateral unnest(p.buckets, p.counts) as b(bucket, n) group by 1, 2) s) c
       where c.up_to >= 0.95 * c.total group by c.webhook_id)
    select 'failure_rate', a.webhook_id::text, a.past, a.starts_at, (a.attempts - a.delivered)::double precision,
           a.attempts::double precision, null::integer
      from (select l.*, null as past from latest l
            union all select p.webhook_id, p.starts_at, p.attempts, p.delivered, p.buckets, p.counts, p.past from past p) a
     where a.attempts > 0
    union all
    select 'latency', a.webhook_id::text, a.past, a.starts_at, (
             select coalesce(sum(b.n), 0) from unnest(a.buckets, a.counts) as b(bucket, n) where b.bucket >= s.slow_bucket),
           a.delivered::double precision, v_bounds[s.slow_bucket]
      from slowness s
      join (select l.*, null as past from latest l
            union all select p.webhook_id, p.starts_at, p.attempts, p.delivered, p.buckets, p.counts, p.past from past p) a
        on a.webhook_id = s.webhook_id
     where a.delivered > 0;
end
$$;
comment on function tocsin_internal.webhook_observations(integer, integer, timestamptz) is
  'For each webhook of a tenant with ten attempts or more: how many failed, and how many of those delivered were slow, in the five minutes of a window and the hours that it is compared with.';
