-- The level follows from the step: the coarsest whose periods fit into it.
create function tocsin_internal.read_history(
  p_tenant_id integer, p_webhook_id integer, p_since timestamptz, p_until timestamptz, p_step_seconds integer)
returns table (at timestamptz, attempts bigint, delivered bigint, given_up bigint, cancelled bigint, queue_depth integer,
  oldest_due_seconds real, breaker_open_seconds real, rate_limited_seconds real, latency_buckets smallint[],
  latency_counts bigint[])
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_level integer := tocsin_internal.history_level(p_step_seconds);
  v_step interval := p_step_seconds * interval '1 second';
begin
  return query
    with stored as materialized (
      select date_bin(v_step, h.starts_at, '2000-01-01 00:00Z') as at, h.*
        from tocsin_data.history h
       where h.tenant_id = p_tenant_id and h.webhook_id = p_webhook_id and h.step_seconds = v_level
         and h.starts_at >= p_since and h.starts_at < p_until),
    fresh as materialized (
      select date_bin(v_step, u.minute_at, '2000-01-01 00:00Z') as at, u.*
        from tocsin_internal.unrolled_history(p_tenant_id, p_webhook_id) u
       where u.minute_at >= p_since and u.minute_at < p_until),
    latencies as (
      select s.at, array_agg(s.bucket order by s.bucket) as buckets, array_agg(s.n order by s.bucket) as counts
        from (select c.at, c.bucket, sum(c.n) as n
                from (select o.at, b.bucket, b.n
                        from stored o cross join lateral unnest(o.latency_buckets, o.latency_counts) as b(bucket, n)
                      union all
                      select f.at, f.latency_bucket, f.delivered from fresh f where f.latency_bucket is not null) c
               group by c.at, c.bucket) s
       group by s.at),
    figures as (
      select s.at, sum(s.attempts) as attempts, sum(s.delivered) as delivered, sum(s.given_up) as given_up,
             sum(s.cancelled) as cancelled, max(s.queue_depth) as queue_depth, max(s.oldest_due_seconds) as oldest_due_seconds,
             sum(s.breaker_open_seconds) as breaker_open_seconds, sum(s.rate_limited_seconds) as rate_limited_seconds
        from (select o.at, o.attempts, o.delivered, o.given_up, o.cancelled, o.queue_depth, o.oldest_due_seconds,
                     o.breaker_open_seconds, o.rate_limited_seconds from stored o
              union all
              select f.at, f.attempts, f.delivered, f.given_up, f.cancelled, f.queue_depth, f.oldest_due_seconds,
                     f.breaker_open_seconds, f.rate_limited_seconds from fresh f) s
       group by s.at)
    select f.at, coalesce(f.attempts, 0), coalesce(f.delivered, 0), coalesce(f.given_up, 0), coalesce(f.cancelled, 0),
           f.queue_depth, f.oldest_due_seconds, coalesce(f.breaker_open_seconds, 0), coalesce(f.rate_limited_seconds, 0),
           l.buckets, l.counts
      from figures f left join latencies l on l.at = f.at;
end
$$;
comment on function tocsin_internal.read_history(integer, integer, timestamptz, timestamptz, integer) is
  'The figures of a webhook, or of all of a tenant (0), for each step from p_since on in which there are any, to the second; both bounds are at the beginning of a step.';
