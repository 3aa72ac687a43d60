-- For the API, which reads together what different requests ask for at the same time: most of what a read costs is per call.
create or replace function tocsin.get_webhooks(p_tenant_id integer, p_webhook_ids integer[])
returns table (id integer, name text, url text, description text, is_active boolean, events text[], min_severity text,
  filter jsonb, header_names text[], retry_policy jsonb, timeout_seconds smallint, ssl_verify boolean,
  rate_limit_per_second real, max_in_flight smallint, ordered boolean, format text, disabled_reason text, health_status text,
  breaker_state text, blocked_until timestamptz, total_deliveries bigint, successful_deliveries bigint,
  failed_deliveries bigint, success_rate_percent double precision, last_used_at timestamptz, pending_deliveries integer,
  created_at timestamptz, updated_at timestamptz, slots smallint, slowed_because text)
language plpgsql stable security definer set search_path = ''
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  if p_webhook_ids is null or cardinality(p_webhook_ids) not between 1 and 1000 then
    raise exception using errcode = 'INVLD', column = '/webhook_ids', message = 'webhook_ids must be a list of 1 to 1,000 ids.';
  end if;
  return query
    select r.* from tocsin_internal.read_webhooks(array(
      select w.webhook_id from tocsin_data.webhooks w
       where w.tenant_id = p_tenant_id and w.webhook_id = any (p_webhook_ids) and w.deleted_at is null)) r;
end
$$;
comment on function tocsin.get_webhooks(integer, integer[]) is
  'Up to 1,000 webhooks of a tenant as get_webhook gives each, ascending by id; those that do not exist are left out. Raises INVLD.';
