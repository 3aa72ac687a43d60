-- Rows of folds, which are most, have three arrays, and are taken apart apart.
create function tocsin_internal.take_history(p_minute_at timestamptz) returns setof tocsin_internal.history_figures
language plpgsql volatile as $$
begin
  return query
    with taken as (
      delete from tocsin_data.history_deltas d
       where d.ctid = any (array(select t.ctid from tocsin_data.history_deltas t where t.minute_at = p_minute_at limit 1000))
      returning d.*),
    cells as (
      select f.tenant_id, f.webhook_id, f.latency_bucket, sum(f.n) as attempts, sum(f.n) as delivered, null::bigint as given_up,
             null::bigint as cancelled, null::integer as queue_depth, null::real as oldest_due_seconds,
             null::real as breaker_open_seconds, null::real as rate_limited_seconds
        from taken t
       cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.latency_buckets, t.delivered)
               as f(tenant_id, webhook_id, latency_bucket, n)
       where t.attempts is null group by 1, 2, 3
      union all
      select f.tenant_id, f.webhook_id, f.latency_bucket, sum(f.attempts), sum(f.delivered), sum(f.given_up),
             sum(f.cancelled), max(f.queue_depth), max(f.oldest_due_seconds), sum(f.breaker_open_seconds), sum(f.rate_limited_seconds)
        from taken t
       cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.latency_buckets, t.attempts, t.delivered, t.given_up, t.cancelled,
               t.queue_depths, t.oldest_due_seconds, t.breaker_open_seconds, t.rate_limited_seconds)
                 as f(tenant_id, webhook_id, latency_bucket, attempts, delivered, given_up, cancelled, queue_depth,
                   oldest_due_seconds, breaker_open_seconds, rate_limited_seconds)
       where t.attempts is not null group by 1, 2, 3)
    select p_minute_at, coalesce(c.tenant_id, l.tenant_id), coalesce(c.webhook_id, 0), c.latency_bucket, c.attempts::integer,
           c.delivered::integer, c.given_up::integer, c.cancelled::integer, c.queue_depth, c.oldest_due_seconds,
           c.breaker_open_seconds, c.rate_limited_seconds
      from cells c
      left join tocsin_data.webhook_lanes l on l.bucket = (c.webhook_id & 63)::smallint and l.webhook_id = c.webhook_id
     where c.webhook_id is null or l.webhook_id is not null;
end
$$;
comment on function tocsin_internal.take_history(timestamptz) is
  'Deletes the rows of history_deltas of a minute, 1,000 at most, and returns their figures: of webhooks, of tenants (webhook 0) and of all (tenant 0 too).';
