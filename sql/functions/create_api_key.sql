create or replace function tocsin.create_api_key(
  p_tenant_id integer, p_name text, p_role text, p_key_hash text, p_key_prefix text, p_rate_limit integer default null,
  p_expires_at timestamptz default null)
returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_api_key_id integer;
begin
  perform tocsin_internal.check_known_tenant(p_tenant_id);
  if p_name is null or length(p_name) not between 1 and 200 or p_name ~ '[[:cntrl:]]' then
    raise exception using errcode = 'INVLD', column = '/name',
      message = 'name must have 1 to 200 characters, none of them control characters.';
  elsif p_role is null then
    raise exception using errcode = 'INVLD', column = '/role', message = 'A key needs a role.';
  elsif p_rate_limit not between 1 and 1000000000 then
    raise exception using errcode = 'INVLD', column = '/rate_limit', message = 'rate_limit must be from 1 to 1,000,000,000.';
  elsif p_expires_at <= now() or p_expires_at = 'infinity' then
    raise exception using errcode = 'INVLD', column = '/expires_at', message = 'expires_at must be a time that is still to come.';
  end if;
  perform tocsin_internal.check_choice(p_role, '{viewer,operator,admin,platform}', '/role');
  -- Two that create at once would both see 999.
  perform from tocsin_data.tenants t where t.tenant_id = p_tenant_id for update;
  if (select count(*) >= 1000 from tocsin_data.api_keys k where k.tenant_id = p_tenant_id and k.revoked_at is null) then
    raise exception using errcode = 'STALE', message = 'This tenant has 1,000 API keys already.', hint = 'Revoke some that are not used.';
  end if;
  insert into tocsin_data.api_keys (tenant_id, name, role, key_hash, key_prefix, rate_limit, expires_at)
    values (p_tenant_id, p_name, p_role, p_key_hash, p_key_prefix, p_rate_limit, p_expires_at)
  returning api_key_id into v_api_key_id;
  return v_api_key_id;
end
$$;
comment on function tocsin.create_api_key(integer, text, text, text, text, integer, timestamptz) is
  'Stores an API key by the SHA-256 of its text, and returns its id. Writes api_keys; raises NTFND for an unknown tenant, INVLD with a pointer to the wrong field, and STALE when the tenant has 1,000.';
