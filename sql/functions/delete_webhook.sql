create or replace function tocsin.delete_webhook(p_tenant_id integer, p_webhook_id integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update tocsin_data.webhooks w
     set deleted_at = now(), updated_at = now(), is_active = false, header_names = '{}', headers_sealed = null
   where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id and w.deleted_at is null;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  end if;
  delete from tocsin_data.webhook_secrets s where s.webhook_id = p_webhook_id;
end
$$;
comment on function tocsin.delete_webhook(integer, integer) is
  'Deletes a webhook with its secrets and headers; run_maintenance then ends its waiting deliveries as cancelled, and its log stays readable. Writes webhooks and webhook_secrets; raises NTFND.';
