create or replace function tocsin.delete_tenant(p_name text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant_id integer;
begin
  if p_name = 'default' then
    raise exception using errcode = 'STALE', message = 'The tenant default cannot be deleted.',
      hint = 'It is whose tokens name no tenant.';
  end if;
  update tocsin_data.tenants t set deleted_at = now() where t.name = p_name and t.deleted_at is null
    returning t.tenant_id into v_tenant_id;
  if v_tenant_id is null then
    raise exception using errcode = 'NTFND', message = 'There is no such tenant.';
  elsif exists (select from tocsin_data.watched_tables w where w.tenant_id = v_tenant_id) then
    -- The watching trigger would fail every change of such a table.
    raise exception using errcode = 'STALE', message = 'Changes of tables raise alerts for this tenant.',
      hint = 'End that with tocsin.unwatch_table first.';
  end if;
  update tocsin_data.api_keys k set revoked_at = now() where k.tenant_id = v_tenant_id and k.revoked_at is null;
  delete from tocsin_data.webhook_secrets s where s.tenant_id = v_tenant_id;
  update tocsin_data.webhooks w
     set deleted_at = now(), updated_at = now(), is_active = false, header_names = '{}', headers_sealed = null
   where w.tenant_id = v_tenant_id and w.deleted_at is null;
end
$$;
comment on function tocsin.delete_tenant(text) is
  'Deletes a tenant with its webhooks, their secrets, and its API keys; what waits ends as cancelled, and its alerts go with retention. Writes tenants, api_keys, webhooks and webhook_secrets; raises NTFND, and STALE for the tenant default and while it watches tables.';
