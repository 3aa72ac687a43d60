create or replace function tocsin.create_webhook(
  p_tenant_id integer, p_name text, p_url text, p_description text default null, p_is_active boolean default true,
  p_events text[] default '{*}', p_min_severity text default 'INFO', p_filter jsonb default null,
  p_header_names text[] default '{}', p_headers_sealed text default null, p_secret_sealed text default null,
  p_retry_policy jsonb default '{}', p_timeout_seconds integer default 30, p_ssl_verify boolean default true,
  p_rate_limit_per_second real default null, p_max_in_flight integer default 10, p_ordered boolean default false,
  p_format text default 'standard')
returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  w tocsin_data.webhooks;
begin
  perform tocsin_internal.check_known_tenant(p_tenant_id);
  w.tenant_id := p_tenant_id;
  w.name := p_name;
  w.url := p_url;
  w.description := p_description;
  w.is_active := p_is_active;
  w.events := p_events;
  w.min_severity := coalesce(p_min_severity, 'INFO');
  w.filter := nullif(p_filter, 'null');
  w.header_names := coalesce(p_header_names, '{}');
  w.headers_sealed := p_headers_sealed;
  w.retry_policy := coalesce(nullif(p_retry_policy, 'null'), '{}');
  w.timeout_seconds := least(greatest(p_timeout_seconds, 0), 32767);
  w.ssl_verify := p_ssl_verify;
  w.rate_limit_per_second := p_rate_limit_per_second;
  w.max_in_flight := least(greatest(p_max_in_flight, 0), 32767);
  w.ordered := p_ordered;
  w.format := p_format;
  perform tocsin_internal.check_webhook(w);
  insert into tocsin_data.webhooks as i (tenant_id, name, url, description, is_active, events, min_severity, filter,
      header_names, headers_sealed, retry_policy, timeout_seconds, ssl_verify, rate_limit_per_second, max_in_flight, ordered, format)
    values (w.tenant_id, w.name, w.url, w.description, w.is_active, w.events, w.min_severity, w.filter,
      w.header_names, w.headers_sealed, w.retry_policy, w.timeout_seconds, w.ssl_verify, w.rate_limit_per_second, w.max_in_flight,
      w.ordered, w.format)
  returning i.webhook_id into w.webhook_id;
  if p_secret_sealed is not null then
    insert into tocsin_data.webhook_secrets (tenant_id, webhook_id, secret_sealed)
      values (p_tenant_id, w.webhook_id, p_secret_sealed);
  end if;
  return w.webhook_id;
end
$$;
comment on function tocsin.create_webhook(integer, text, text, text, boolean, text[], text, jsonb, text[], text, text, jsonb,
  integer, boolean, real, integer, boolean, text) is
  'Creates a webhook; name and url are enough, and secret and headers come sealed by the server. Returns its id. Writes webhooks and webhook_secrets; raises INVLD with a pointer to the wrong field, and NTFND for an unknown tenant.';
