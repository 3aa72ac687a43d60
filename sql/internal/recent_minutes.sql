create function tocsin_internal.recent_minutes(p_tenant_id integer, p_webhook_ids integer[], p_since timestamptz)
returns table (webhook_id integer, delivered bigint, failed bigint, sparkline integer[], failed_sparkline integer[],
  latency_buckets smallint[], latency_counts bigint[])
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
    with stored as materialized (
      select h.* from unnest(p_webhook_ids) as w(webhook_id)
       cross join lateral (
         select * from tocsin_data.history o
          where o.tenant_id = p_tenant_id and o.webhook_id = w.webhook_id and o.step_seconds = 60 and o.starts_at >= p_since limit 100) h),
    fresh as materialized (
      select * from tocsin_internal.unrolled_history(p_tenant_id, null) u where u.minute_at >= p_since),
    minutes as (
      select c.webhook_id, c.minute, sum(c.delivered)::integer as delivered, sum(c.attempts - c.delivered)::integer as failed
        from (select s.webhook_id, s.starts_at as minute, s.delivered, s.attempts from stored s
              union all select f.webhook_id, f.minute_at, f.delivered, f.attempts from fresh f where f.attempts > 0) c
       group by c.webhook_id, c.minute),
    lines as (
      select w.webhook_id, sum(m.delivered) as delivered, sum(m.failed) as failed,
             array_agg(coalesce(m.delivered, 0) order by g.at) as sparkline,
             array_agg(coalesce(m.failed, 0) order by g.at) as failed_sparkline
        from (select distinct n.webhook_id from minutes n) w
       cross join generate_series(p_since, p_since + interval '14 minutes', '1 minute') as g(at)
        left join minutes m on m.webhook_id = w.webhook_id and m.minute = g.at
       group by w.webhook_id),
    latencies as (
      select s.webhook_id, array_agg(s.bucket order by s.bucket) as buckets, array_agg(s.n order by s.bucket) as counts
        from (select c.webhook_id, c.bucket, sum(c.n) as n
                from (select o.webhook_id, b.bucket, b.n
                        from stored o cross join lateral unnest(o.latency_buckets, o.latency_counts) as b(bucket, n)
                      union all
                      select f.webhook_id, f.latency_bucket, f.delivered from fresh f where f.latency_bucket is not null) c
               group by c.webhook_id, c.bucket) s
       group by s.webhook_id)
    select l.webhook_id, l.delivered, l.failed, l.sparkline, l.failed_sparkline, t.buckets, t.counts
      from lines l left join latencies t on t.webhook_id = l.webhook_id;
end
$$;
comment on function tocsin_internal.recent_minutes(integer, integer[], timestamptz) is
  'What webhooks of a tenant did in each of the fifteen minutes from p_since on, and their latencies in all of them.';
