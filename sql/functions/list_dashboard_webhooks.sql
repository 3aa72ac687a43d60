create or replace function tocsin.list_dashboard_webhooks(
  p_tenant_id integer, p_after_id integer default null, p_limit integer default 1000)
returns table (id integer, name text, is_active boolean, disabled_reason text, health_status text, breaker_state text,
  blocked_until timestamptz, status_changed_at timestamptz, consecutive_failures integer, last_status_code smallint,
  last_error text, last_used_at timestamptz, success_rate_percent double precision, pending_deliveries integer,
  delivered bigint, failed bigint, p95_ms double precision, sparkline integer[], failed_sparkline integer[])
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan
set enable_seqscan = off as $$
declare
  v_since timestamptz := date_bin('1 minute', clock_timestamp(), '2000-01-01 00:00Z') - interval '14 minutes';
begin
  return query
    with page as materialized (
      select w.webhook_id from tocsin_data.webhooks w
       where w.tenant_id = p_tenant_id and w.deleted_at is null and w.webhook_id > coalesce(p_after_id, 0)
       order by w.webhook_id limit least(greatest(p_limit, 0), 5000)),
    recent as materialized (select * from tocsin_internal.recent_minutes(p_tenant_id, array(select p.webhook_id from page p), v_since)),
    unfolded as (
      select r.webhook_id, count(*) as delivered, max(d.recorded_at) as last_used_at
        from tocsin_data.webhook_health_deltas d cross join lateral unnest(d.webhook_ids) as r(webhook_id)
       group by r.webhook_id)
    select w.webhook_id, w.name, w.is_active, w.disabled_reason,
           case when m.health_status = 'unknown' and u.delivered > 0 then 'healthy' else m.health_status end, m.breaker_state,
           nullif(greatest(m.blocked_until, now()), now()), m.status_changed_at, m.consecutive_failures, m.last_status_code,
           m.last_error, greatest(m.last_used_at, u.last_used_at),
           round(100.0 * (m.successful_deliveries + coalesce(u.delivered, 0))
             / nullif(m.total_deliveries + coalesce(u.delivered, 0), 0), 2)::double precision,
           n.pending, coalesce(r.delivered, 0), coalesce(r.failed, 0),
           round((tocsin_internal.latency_percentiles(r.latency_buckets, r.latency_counts, '{0.95}'))[1]::numeric, 1)::double precision,
           coalesce(r.sparkline, array_fill(0, '{15}')), coalesce(r.failed_sparkline, array_fill(0, '{15}'))
      from page p
      join tocsin_data.webhooks w on w.webhook_id = p.webhook_id
      join tocsin_data.webhook_health_metrics m on m.webhook_id = p.webhook_id
      left join unfolded u on u.webhook_id = p.webhook_id
      left join recent r on r.webhook_id = p.webhook_id
     cross join lateral tocsin_internal.pending_of(w.webhook_id, 10000) n
     order by p.webhook_id;
end
$$;
comment on function tocsin.list_dashboard_webhooks(integer, integer, integer) is
  'The tiles of the health grid: a tenant''s webhooks after p_after_id, ascending by id, with state, what waits (10,000 stands for that or more), and the last 15 minutes, this one included: attempts delivered and failed, in all and (sparkline, failed_sparkline) per minute, oldest first, and the 95th percentile of latency.';
