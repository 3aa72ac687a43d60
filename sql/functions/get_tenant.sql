create or replace function tocsin.get_tenant(p_name text) returns table (id integer, name text, created_at timestamptz, queue_limit integer)
language sql stable security definer set search_path = '' as $$
  select t.tenant_id, t.name, t.created_at, t.queue_limit from tocsin_data.tenants t where t.name = p_name and t.deleted_at is null
$$;
comment on function tocsin.get_tenant(text) is 'The tenant of this name, or no row.';
