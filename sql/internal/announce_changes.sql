-- Only for tables that change rarely: NOTIFY takes a lock on the whole cluster at commit. Equal payloads of one
-- transaction are sent once.
create function tocsin_internal.announce_changes() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_notify('tocsin_changed', c.tenant_id::text || ':' || tg_argv[0])
     from (select distinct tenant_id from changed limit 100) c;
  if (select count(*) > 100 from (select distinct tenant_id from changed limit 101) c) then
    perform pg_notify('tocsin_changed', '*');
  end if;
  return null;
end
$$;
comment on function tocsin_internal.announce_changes() is
  'Trigger: tells every server process, by channel tocsin_changed, that rows of a tenant changed; the argument is the noun.';
