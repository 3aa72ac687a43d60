create or replace function tocsin.count_tenants() returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from (select from tocsin_data.tenants t where t.deleted_at is null limit 10001) t
$$;
comment on function tocsin.count_tenants() is 'How many tenants there are; counts no further than 10,001.';
