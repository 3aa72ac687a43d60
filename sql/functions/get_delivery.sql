create or replace function tocsin.get_delivery(p_tenant_id integer, p_delivery_id bigint)
returns table (id bigint, alert_id bigint, webhook_id integer, status text, attempt_count integer, last_status_code smallint,
  last_error text, response_ms integer, last_attempt_at timestamptz, next_attempt_at timestamptz, created_at timestamptz,
  webhook_name text, url text)
language sql stable security definer set search_path = '' set jit = off as $$
  select d.*, w.name, w.url
    from tocsin_internal.find_delivery(p_delivery_id, p_tenant_id) f
   cross join lateral tocsin_internal.describe_deliveries(array[p_delivery_id], array[f.webhook_id], array[f.alert_id]) d
    join tocsin_data.webhooks w on w.webhook_id = f.webhook_id
   where f.tenant_id = p_tenant_id
$$;
comment on function tocsin.get_delivery(integer, bigint) is
  'One delivery of a tenant with the name and address of its webhook; no row when there is none.';
