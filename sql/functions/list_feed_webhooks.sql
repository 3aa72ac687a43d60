create or replace function tocsin.list_feed_webhooks(p_tenant_ids integer[], p_since timestamptz, p_limit integer default 500)
returns table (tenant_id integer, webhook_id integer, webhook_name text, health_status text, success_rate_percent double precision,
  status_changed_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select m.tenant_id, m.webhook_id, w.name, m.health_status,
         round(100.0 * m.successful_deliveries / nullif(m.total_deliveries, 0), 2)::double precision, m.status_changed_at
    from tocsin_data.webhook_health_metrics m
    join tocsin_data.webhooks w on w.webhook_id = m.webhook_id and w.deleted_at is null
   where m.status_changed_at > p_since and m.tenant_id = any (p_tenant_ids) and m.health_status <> 'unknown'
   order by m.status_changed_at limit least(p_limit, 5000)
$$;
comment on function tocsin.list_feed_webhooks(integer[], timestamptz, integer) is
  'For the live feed: webhooks of the tenants whose health_status changed after the given time, in that order.';
