create or replace function tocsin.update_webhook(p_tenant_id integer, p_webhook_id integer, p_changes jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  w tocsin_data.webhooks;
begin
  select * into w from tocsin_data.webhooks o
   where o.tenant_id = p_tenant_id and o.webhook_id = p_webhook_id and o.deleted_at is null for no key update;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  elsif p_changes is null or jsonb_typeof(p_changes) <> 'object' then
    raise exception using errcode = 'INVLD', column = '', message = 'The changes must be a JSON object.';
  elsif exists (select from jsonb_object_keys(p_changes) k where k <> all ('{name,url,description,is_active,events,min_severity,
      filter,header_names,headers_sealed,retry_policy,timeout_seconds,ssl_verify,rate_limit_per_second,max_in_flight,ordered,
      format}'::text[])) then
    raise exception using errcode = 'INVLD', column = '', message = 'The changes have a field that is unknown or cannot be changed.';
  end if;
  w := jsonb_populate_record(w, p_changes);
  w.min_severity := coalesce(w.min_severity, 'INFO');
  w.filter := nullif(w.filter, 'null');
  w.retry_policy := coalesce(nullif(w.retry_policy, 'null'), '{}');
  w.header_names := coalesce(w.header_names, '{}');
  perform tocsin_internal.check_webhook(w);
  update tocsin_data.webhooks o
     set name = w.name, url = w.url, description = w.description, is_active = w.is_active, events = w.events,
         min_severity = w.min_severity, filter = w.filter, header_names = w.header_names, headers_sealed = w.headers_sealed,
         retry_policy = w.retry_policy, timeout_seconds = w.timeout_seconds, ssl_verify = w.ssl_verify,
         rate_limit_per_second = w.rate_limit_per_second, max_in_flight = w.max_in_flight, ordered = w.ordered,
         format = w.format, updated_at = now(),
         disabled_reason = case when not w.is_active then w.disabled_reason end
   where o.webhook_id = p_webhook_id;
end
$$;
comment on function tocsin.update_webhook(integer, integer, jsonb) is
  'Changes any subset of a webhook''s settings: what is absent stays, null clears what may be empty. Writes webhooks; raises NTFND, and INVLD with a pointer to the wrong field.';
