create or replace function tocsin.set_queue_limit(p_name text, p_queue_limit integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant_id integer;
begin
  if p_queue_limit < 1 then
    raise exception using errcode = 'INVLD', column = '/queue_limit', message = 'queue_limit must be 1 or more, or null for none.';
  end if;
  update tocsin_data.tenants t set queue_limit = p_queue_limit where t.name = p_name and t.deleted_at is null
    returning t.tenant_id into v_tenant_id;
  if v_tenant_id is null then
    raise exception using errcode = 'NTFND', message = 'There is no such tenant.';
  end if;
  -- What was counted up to the old limit says nothing of the new one.
  delete from tocsin_data.tenant_queues q where q.tenant_id = v_tenant_id;
end
$$;
comment on function tocsin.set_queue_limit(text, integer) is
  'Lets a tenant raise alerts only while no more than so many of its deliveries wait; null for any number. Holds after the next count, within about a second. Writes tenants and tenant_queues; raises INVLD and NTFND.';
