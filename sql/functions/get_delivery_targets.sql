create or replace function tocsin.get_delivery_targets(p_webhook_ids integer[])
returns table (webhook_id integer, tenant_id integer, version integer, url text, format text, headers_sealed text,
  secrets_sealed text[], secrets_valid_until timestamptz[], timeout_seconds smallint, ssl_verify boolean)
language sql stable security definer set search_path = '' as $$
  select w.webhook_id, w.tenant_id, l.version, w.url, w.format, w.headers_sealed, coalesce(s.sealed, '{}'),
         coalesce(s.valid_until, '{}'), w.timeout_seconds, w.ssl_verify
    from tocsin_data.webhooks w
    join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
   cross join lateral (
     select array_agg(v.secret_sealed order by v.secret_id desc) as sealed,
            array_agg(v.valid_until order by v.secret_id desc) as valid_until
       from tocsin_data.webhook_secrets v
      where v.webhook_id = w.webhook_id and coalesce(v.valid_until > clock_timestamp(), true)) s
   where w.webhook_id = any (p_webhook_ids) and w.deleted_at is null
$$;
comment on function tocsin.get_delivery_targets(integer[]) is
  'What a worker needs to send to webhooks: address, sealed headers, and the sealed secrets that are valid now, newest first, each with its end or null; no row for a deleted webhook.';
