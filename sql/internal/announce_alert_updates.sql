-- People acknowledge and resolve: that is rare enough for NOTIFY. A statement that touches more than fits into one
-- announcement says only that the tenant's alerts changed.
create function tocsin_internal.announce_alert_updates() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_notify('tocsin_alerts_updated', c.tenant_id::text || ':' || case when c.n <= 300 then c.alert_ids else '' end)
     from (select tenant_id, count(*) as n, string_agg(alert_id::text, ',') as alert_ids from changed group by tenant_id) c;
  return null;
end
$$;
comment on function tocsin_internal.announce_alert_updates() is
  'Trigger: tells the live feeds, by channel tocsin_alerts_updated, which alerts of a tenant were changed (none listed: many).';
