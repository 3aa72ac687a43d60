-- What is deleted there is added here in one statement: exactly once, whatever crashes. The three levels get the same
-- additions, so they agree.
create function tocsin_internal.roll_up_minute(p_minute_at timestamptz) returns integer
language plpgsql volatile set work_mem = '32MB' as $$
declare
  v_rows integer;
begin
  with figures as materialized (
    select f.tenant_id, f.webhook_id, coalesce(sum(f.attempts), 0) as attempts, coalesce(sum(f.delivered), 0) as delivered,
           coalesce(sum(f.given_up), 0) as given_up, coalesce(sum(f.cancelled), 0) as cancelled, max(f.queue_depth) as queue_depth,
           max(f.oldest_due_seconds) as oldest_due_seconds, coalesce(sum(f.breaker_open_seconds), 0) as breaker_open_seconds,
           coalesce(sum(f.rate_limited_seconds), 0) as rate_limited_seconds,
           coalesce(array_agg(f.latency_bucket order by f.latency_bucket) filter (where f.latency_bucket is not null), '{}') as buckets,
           coalesce(array_agg(f.delivered order by f.latency_bucket) filter (where f.latency_bucket is not null), '{}') as counts
      from (select t.tenant_id, t.webhook_id, t.latency_bucket, sum(t.attempts)::integer as attempts,
                   sum(t.delivered)::integer as delivered, sum(t.given_up)::integer as given_up,
                   sum(t.cancelled)::integer as cancelled, max(t.queue_depth) as queue_depth,
                   max(t.oldest_due_seconds) as oldest_due_seconds, sum(t.breaker_open_seconds) as breaker_open_seconds,
                   sum(t.rate_limited_seconds) as rate_limited_seconds
              from tocsin_internal.take_history(p_minute_at) t
             group by t.tenant_id, t.webhook_id, t.latency_bucket) f
     group by f.tenant_id, f.webhook_id)
  insert into tocsin_data.history as h (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled,
      queue_depth, oldest_due_seconds, breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
    select s.step_seconds, date_bin(s.step_seconds * interval '1 second', p_minute_at, '2000-01-01 00:00Z'), f.*
      from figures f cross join (values (60::smallint), (300::smallint), (3600::smallint)) as s(step_seconds)
  on conflict (tenant_id, webhook_id, starts_at, step_seconds) do update
    set attempts = h.attempts + excluded.attempts, delivered = h.delivered + excluded.delivered,
        given_up = h.given_up + excluded.given_up, cancelled = h.cancelled + excluded.cancelled,
        queue_depth = greatest(h.queue_depth, excluded.queue_depth),
        oldest_due_seconds = greatest(h.oldest_due_seconds, excluded.oldest_due_seconds),
        breaker_open_seconds = h.breaker_open_seconds + excluded.breaker_open_seconds,
        rate_limited_seconds = h.rate_limited_seconds + excluded.rate_limited_seconds,
        (latency_buckets, latency_counts) = (
          select coalesce(array_agg(m.bucket order by m.bucket), '{}'), coalesce(array_agg(m.n order by m.bucket), '{}')
            from (select u.bucket, sum(u.n)::integer as n from (
                    select * from unnest(h.latency_buckets, h.latency_counts)
                    union all select * from unnest(excluded.latency_buckets, excluded.latency_counts)) u(bucket, n)
                   group by u.bucket) m);
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function tocsin_internal.roll_up_minute(timestamptz) is
  'Adds the rows of history_deltas of a minute to history, at all its levels, and deletes them; returns how many rows it wrote.';
