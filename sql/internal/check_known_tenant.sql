create function tocsin_internal.check_known_tenant(p_tenant_id integer) returns void
language plpgsql stable as $$
begin
  if not exists (select from tocsin_data.tenants t where t.tenant_id = p_tenant_id and t.deleted_at is null) then
    raise exception using errcode = 'NTFND', message = 'There is no such tenant.', hint = 'The first tenant has the id 1.';
  end if;
end
$$;
comment on function tocsin_internal.check_known_tenant(integer) is 'Raises NTFND for an unknown tenant.';
