create or replace function tocsin.count_replays(p_tenant_id integer, p_webhook_id integer) returns bigint
language sql stable security definer set search_path = '' as $$
  select count(*) from (
    select from tocsin_data.webhook_replays o
     where o.tenant_id = p_tenant_id and o.webhook_id = p_webhook_id limit 10001) o
$$;
comment on function tocsin.count_replays(integer, integer) is
  'How many replays list_replays would give; counts no further than 10,001.';
