-- At most a minute and some seconds. One statement: what a fold or a roll-up moves meanwhile is seen in one place, and once.
create function tocsin_internal.unrolled_history(p_tenant_id integer, p_webhook_id integer)
returns setof tocsin_internal.history_figures
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_is_total boolean := p_webhook_id is not distinct from 0;
begin
  return query
    with staged as (
      select t.minute_at, f.tenant_id, f.webhook_id, f.latency_bucket, sum(f.n) as attempts, sum(f.n) as delivered,
             null::bigint as given_up, null::bigint as cancelled, null::integer as queue_depth, null::real as oldest_due_seconds,
             null::real as breaker_open_seconds, null::real as rate_limited_seconds
        from tocsin_data.history_deltas t
       cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.latency_buckets, t.delivered) as f(tenant_id, webhook_id, latency_bucket, n)
       where t.attempts is null and t.is_total = v_is_total and (p_webhook_id is null or coalesce(f.webhook_id, 0) = p_webhook_id)
       group by 1, 2, 3, 4
      union all
      select t.minute_at, f.tenant_id, f.webhook_id, f.latency_bucket, sum(f.attempts), sum(f.delivered), sum(f.given_up),
             sum(f.cancelled), max(f.queue_depth), max(f.oldest_due_seconds), sum(f.breaker_open_seconds), sum(f.rate_limited_seconds)
        from tocsin_data.history_deltas t
       cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.latency_buckets, t.attempts, t.delivered, t.given_up, t.cancelled,
               t.queue_depths, t.oldest_due_seconds, t.breaker_open_seconds, t.rate_limited_seconds)
                 as f(tenant_id, webhook_id, latency_bucket, attempts, delivered, given_up, cancelled, queue_depth,
                   oldest_due_seconds, breaker_open_seconds, rate_limited_seconds)
       where t.attempts is not null and t.is_total = v_is_total and (p_webhook_id is null or coalesce(f.webhook_id, 0) = p_webhook_id)
       group by 1, 2, 3, 4)
    select s.minute_at, p_tenant_id, coalesce(s.webhook_id, 0), s.latency_bucket, s.attempts::integer, s.delivered::integer,
           s.given_up::integer, s.cancelled::integer, s.queue_depth, s.oldest_due_seconds, s.breaker_open_seconds, s.rate_limited_seconds
      from staged s
      left join tocsin_data.webhook_lanes l on l.bucket = (s.webhook_id & 63)::smallint and l.webhook_id = s.webhook_id
     where p_tenant_id = case when v_is_total then s.tenant_id else l.tenant_id end
    union all
    select u.* from tocsin_internal.unfolded_history(p_tenant_id, p_webhook_id) u;
end
$$;
comment on function tocsin_internal.unrolled_history(integer, integer) is
  'Figures that are recorded and not in history yet: of one webhook of a tenant, of each (null), or of all together (0); tenant 0 is all tenants.';
