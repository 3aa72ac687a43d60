create or replace function tocsin.rotate_webhook_secret(
  p_tenant_id integer, p_webhook_id integer, p_secret_sealed text, p_overlap_seconds integer default 86400)
returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_valid_until timestamptz := now() + p_overlap_seconds * interval '1 second';
begin
  perform from tocsin_data.webhooks w
    where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id and w.deleted_at is null for no key update;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  elsif p_overlap_seconds is null or p_overlap_seconds not between 0 and 2592000 then
    raise exception using errcode = 'INVLD', column = '/overlap_seconds',
      message = 'overlap_seconds must be from 0 to 2,592,000 (30 days).';
  elsif coalesce(p_secret_sealed, '') = '' then
    raise exception using errcode = 'INVLD', column = '/secret', message = 'There must be a secret.';
  end if;
  delete from tocsin_data.webhook_secrets s where s.webhook_id = p_webhook_id and s.valid_until <= now();
  update tocsin_data.webhook_secrets s set valid_until = v_valid_until
   where s.webhook_id = p_webhook_id and coalesce(s.valid_until > v_valid_until, true);
  if p_overlap_seconds > 0
     and (select count(*) >= 10 from tocsin_data.webhook_secrets s where s.webhook_id = p_webhook_id) then
    raise exception using errcode = 'STALE', message = 'Ten earlier secrets of this webhook are still valid.',
      hint = 'Wait until they have run out, or end them all at once with overlap_seconds 0.';
  end if;
  insert into tocsin_data.webhook_secrets (tenant_id, webhook_id, secret_sealed)
    values (p_tenant_id, p_webhook_id, p_secret_sealed);
  return v_valid_until;
end
$$;
comment on function tocsin.rotate_webhook_secret(integer, integer, text, integer) is
  'Gives a webhook a new secret; the earlier ones sign too for p_overlap_seconds, at most as long as they would have. Returns until when. Writes webhook_secrets; raises NTFND, INVLD, and STALE when ten earlier ones are still valid.';
