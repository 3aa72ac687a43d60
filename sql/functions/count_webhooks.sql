create or replace function tocsin.count_webhooks(
  p_tenant_id integer, p_is_active boolean default null, p_health_status text default null, p_event text default null,
  p_q text default null)
returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from tocsin_internal.find_webhooks(p_tenant_id, p_is_active, p_health_status, p_event, p_q, null, 10001, 0)
$$;
comment on function tocsin.count_webhooks(integer, boolean, text, text, text) is
  'How many webhooks list_webhooks would give with these filters; counts no further than 10,001.';
