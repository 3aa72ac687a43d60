create or replace function tocsin.get_webhook(p_tenant_id integer, p_webhook_id integer)
returns table (id integer, name text, url text, description text, is_active boolean, events text[], min_severity text,
  filter jsonb, header_names text[], retry_policy jsonb, timeout_seconds smallint, ssl_verify boolean,
  rate_limit_per_second real, max_in_flight smallint, ordered boolean, format text, disabled_reason text, health_status text,
  breaker_state text, blocked_until timestamptz, total_deliveries bigint, successful_deliveries bigint,
  failed_deliveries bigint, success_rate_percent double precision, last_used_at timestamptz, pending_deliveries integer,
  created_at timestamptz, updated_at timestamptz, slots smallint, slowed_because text)
language sql stable security definer set search_path = '' as $$
  select r.* from tocsin_internal.read_webhooks(array(
    select w.webhook_id from tocsin_data.webhooks w
     where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id and w.deleted_at is null)) r
$$;
comment on function tocsin.get_webhook(integer, integer) is
  'One webhook with its settings, health and totals, never a secret; no row when there is none. pending_deliveries is counted up to 10,000.';
