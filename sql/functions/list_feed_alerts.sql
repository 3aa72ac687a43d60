create or replace function tocsin.list_feed_alerts(p_tenant_ids integer[], p_after_id bigint, p_limit integer default 500)
returns table (tenant_id integer, alert_id bigint, alert_type text, severity text, message text, status text, created_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select a.tenant_id, a.alert_id, a.alert_type, a.severity, a.message, a.status, a.created_at
    from unnest(p_tenant_ids) as t(tenant_id)
   cross join lateral (
     select n.* from tocsin_data.alerts n
      where n.tenant_id = t.tenant_id and n.alert_id > p_after_id
      order by n.alert_id limit least(p_limit, 5000)) a
   order by a.alert_id limit least(p_limit, 5000)
$$;
comment on function tocsin.list_feed_alerts(integer[], bigint, integer) is
  'For the live feed: alerts of the tenants with an id above the given one, oldest first.';
