create or replace function tocsin.list_tenants(
  p_after_id integer default null, p_limit integer default 20, p_offset integer default 0)
returns table (id integer, name text, created_at timestamptz, queue_limit integer)
language sql stable security definer set search_path = '' set enable_seqscan = off set enable_bitmapscan = off as $$
  select t.tenant_id, t.name, t.created_at, t.queue_limit from tocsin_data.tenants t
   where t.deleted_at is null and t.tenant_id > coalesce(p_after_id, 0)
   order by t.tenant_id limit least(greatest(p_limit, 0), 1000) offset greatest(p_offset, 0)
$$;
comment on function tocsin.list_tenants(integer, integer, integer) is
  'The tenants, ascending by id, 1,000 at most: those after p_after_id.';
