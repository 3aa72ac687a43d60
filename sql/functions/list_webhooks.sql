create or replace function tocsin.list_webhooks(
  p_tenant_id integer, p_is_active boolean default null, p_health_status text default null, p_event text default null,
  p_q text default null, p_after_id integer default null, p_limit integer default 20, p_offset integer default 0)
returns table (id integer, name text, url text, description text, is_active boolean, events text[], min_severity text,
  filter jsonb, header_names text[], retry_policy jsonb, timeout_seconds smallint, ssl_verify boolean,
  rate_limit_per_second real, max_in_flight smallint, ordered boolean, format text, disabled_reason text, health_status text,
  breaker_state text, blocked_until timestamptz, total_deliveries bigint, successful_deliveries bigint,
  failed_deliveries bigint, success_rate_percent double precision, last_used_at timestamptz, pending_deliveries integer,
  created_at timestamptz, updated_at timestamptz, slots smallint, slowed_because text)
language sql stable security definer set search_path = '' as $$
  select r.* from tocsin_internal.read_webhooks(array(
    select f from tocsin_internal.find_webhooks(p_tenant_id, p_is_active, p_health_status, p_event, p_q, p_after_id,
      least(greatest(p_limit, 0), 1000), greatest(p_offset, 0)) f)) r
$$;
comment on function tocsin.list_webhooks(integer, boolean, text, text, text, integer, integer, integer) is
  'A tenant''s webhooks as get_webhook gives them, ascending by id, 1,000 at most: those after p_after_id that fit all filters. p_event finds those that would get this alert type; p_q looks in name, url and description.';
