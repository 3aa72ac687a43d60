create or replace function tocsin.count_api_keys(p_tenant_id integer, p_include_revoked boolean default false) returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from (
    select from tocsin_data.api_keys k
     where k.tenant_id = p_tenant_id and (p_include_revoked or k.revoked_at is null) limit 10001) k
$$;
comment on function tocsin.count_api_keys(integer, boolean) is
  'How many API keys list_api_keys would give; counts no further than 10,001.';
