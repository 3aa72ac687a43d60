create or replace function tocsin.create_tenant(p_name text) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant_id integer;
begin
  if p_name is null or p_name !~ '^[a-z0-9][a-z0-9_-]{0,62}$' then
    raise exception using errcode = 'INVLD', column = '/name',
      message = 'name must have 1 to 63 lower-case letters, digits, - and _, and begin with a letter or a digit.';
  end if;
  insert into tocsin_data.tenants (name) values (p_name)
    on conflict (name) where deleted_at is null do nothing returning tenant_id into v_tenant_id;
  if v_tenant_id is null then
    raise exception using errcode = 'EXIST', column = '/name', message = 'There is a tenant of this name already.';
  end if;
  return v_tenant_id;
end
$$;
comment on function tocsin.create_tenant(text) is
  'Creates a tenant and returns its id. Writes tenants; raises INVLD for a name that is not of the right form, and EXIST.';
