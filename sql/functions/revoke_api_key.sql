create or replace function tocsin.revoke_api_key(p_tenant_id integer, p_api_key_id integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update tocsin_data.api_keys k set revoked_at = now()
   where k.tenant_id = p_tenant_id and k.api_key_id = p_api_key_id and k.revoked_at is null;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such API key.';
  end if;
end
$$;
comment on function tocsin.revoke_api_key(integer, integer) is
  'Ends an API key for good; every server hears of it. Writes api_keys; raises NTFND, also for one that was revoked before.';
