create or replace function tocsin.find_api_key(p_key_hash text)
returns table (api_key_id integer, tenant_id integer, tenant text, role text, subject text, rate_limit integer, expires_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select k.api_key_id, k.tenant_id, t.name, k.role, 'key:' || k.api_key_id, k.rate_limit, k.expires_at
    from tocsin_data.api_keys k join tocsin_data.tenants t using (tenant_id)
   where k.key_hash = p_key_hash and k.revoked_at is null and t.deleted_at is null
     and (k.expires_at is null or k.expires_at > now())
$$;
comment on function tocsin.find_api_key(text) is
  'What the API key with this SHA-256 may do, and for which tenant; no row when there is none, or it is revoked or expired.';
