create or replace function tocsin.list_api_keys(
  p_tenant_id integer, p_include_revoked boolean default false, p_after_id integer default null,
  p_limit integer default 20, p_offset integer default 0)
returns table (id integer, name text, role text, key_prefix text, rate_limit integer, created_at timestamptz,
  expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)
language sql stable security definer set search_path = '' set enable_seqscan = off set enable_bitmapscan = off as $$
  select k.api_key_id, k.name, k.role, k.key_prefix, k.rate_limit, k.created_at, k.expires_at, k.revoked_at, u.last_used_at
    from (select * from tocsin_data.api_keys o
           where o.tenant_id = p_tenant_id and o.api_key_id > coalesce(p_after_id, 0) and (p_include_revoked or o.revoked_at is null)
           order by o.api_key_id limit least(greatest(p_limit, 0), 1000) offset greatest(p_offset, 0)) k
    left join tocsin_data.api_key_uses u on u.api_key_id = k.api_key_id
   order by k.api_key_id
$$;
comment on function tocsin.list_api_keys(integer, boolean, integer, integer, integer) is
  'A tenant''s API keys without what could be used of them, ascending by id, 1,000 at most: those after p_after_id. last_used_at is right to about ten seconds.';
