create function tocsin_internal.sync_webhook_secrets() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update tocsin_data.webhook_lanes l set version = l.version + 1
    from (select distinct webhook_id from changed) c
   where l.bucket = (c.webhook_id & 63)::smallint and l.webhook_id = c.webhook_id;
  return null;
end
$$;
comment on function tocsin_internal.sync_webhook_secrets() is
  'Trigger: gives the webhook a new version, so that workers fetch its secrets again.';
