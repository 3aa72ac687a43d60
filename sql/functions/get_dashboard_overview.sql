create or replace function tocsin.get_dashboard_overview(p_tenant_id integer)
returns table (total_deliveries bigint, successful_deliveries bigint, failed_deliveries bigint, pending_deliveries bigint,
  success_rate_percent double precision, total_webhooks integer, active_webhooks integer, healthy_webhooks integer,
  degraded_webhooks integer, unavailable_webhooks integer, failing_since timestamptz, total_alerts bigint, pending_alerts bigint,
  failed_alerts bigint, oldest_due_seconds double precision, generated_at timestamptz,
  queue_limit integer, queue_used_percent double precision, queue_limit_state text)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    with health as (
      select count(*)::integer as webhooks, (count(*) filter (where w.is_active))::integer as active,
             (count(*) filter (where m.health_status = 'healthy'))::integer as healthy,
             (count(*) filter (where m.health_status = 'degraded'))::integer as degraded,
             (count(*) filter (where m.health_status = 'unavailable'))::integer as unavailable,
             min(m.status_changed_at) filter (where m.health_status in ('degraded', 'unavailable')) as failing_since,
             coalesce(sum(m.total_deliveries), 0) as total, coalesce(sum(m.successful_deliveries), 0) as successful,
             coalesce(sum(m.failed_deliveries), 0)::bigint as failed
        from tocsin_data.webhooks w join tocsin_data.webhook_health_metrics m on m.webhook_id = w.webhook_id
       where w.tenant_id = p_tenant_id and w.deleted_at is null),
    unfolded as (
      select count(*) as delivered
        from tocsin_data.webhook_health_deltas d cross join lateral unnest(d.webhook_ids) as r(webhook_id)
        join tocsin_data.webhooks w on w.webhook_id = r.webhook_id
       where w.tenant_id = p_tenant_id and w.deleted_at is null)
    select (h.total + u.delivered)::bigint, (h.successful + u.delivered)::bigint, h.failed, n.queue_depth,
           round(100.0 * (h.successful + u.delivered) / nullif(h.total + u.delivered, 0), 2)::double precision,
           h.webhooks, h.active, h.healthy, h.degraded, h.unavailable, h.failing_since, a.total, a.pending, a.failed,
           round(n.oldest_due_seconds::numeric, 1)::double precision, clock_timestamp(), l.queue_limit, l.used_percent, l.state
      from health h cross join unfolded u cross join tocsin_internal.waiting_now(p_tenant_id) n
     cross join tocsin.get_alert_summary(p_tenant_id) a
      left join tocsin.v_queue_limits l on l.tenant_id = p_tenant_id;
end
$$;
comment on function tocsin.get_dashboard_overview(integer) is
  'The state of a tenant in one row. Deliveries are summed over its webhooks and count attempts, as theirs do; pending_deliveries wait now; failing_since is when the first of the webhooks that are degraded or unavailable became so; alerts are counted as get_alert_summary does; queue_limit_state (free, near from 80 % on, reached) is null where the tenant has no queue_limit.';
