create or replace function tocsin.list_feed_deliveries(p_tenant_ids integer[], p_since timestamptz, p_limit integer default 50)
returns table (tenant_id integer, delivery_id bigint, alert_id bigint, webhook_id integer, status text, attempt smallint,
  status_code smallint, response_ms integer, error text, attempted_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select g.tenant_id, g.delivery_id, g.alert_id, g.webhook_id, g.status, g.attempt, g.status_code, g.response_ms, g.error,
         g.attempted_at
    from tocsin_data.alert_delivery_log g
   where g.attempted_at > p_since and g.tenant_id = any (p_tenant_ids)
     -- Few retries are older, and the bound leaves out the other partitions.
     and g.delivery_id > tocsin_internal.id_at(p_since - interval '5 days')
   order by g.attempted_at desc limit least(p_limit, 1000)
$$;
comment on function tocsin.list_feed_deliveries(integer[], timestamptz, integer) is
  'For the live feed: the newest attempts of the tenants that were recorded after the given time, newest first.';
