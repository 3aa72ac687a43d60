create or replace function tocsin.list_alerts(
  p_tenant_id integer, p_status text default null, p_severity text default null, p_alert_type text default null,
  p_since timestamptz default null, p_until timestamptz default null, p_q text default null,
  p_before_id bigint default null, p_limit integer default 20, p_offset integer default 0)
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz, acknowledged_at timestamptz, acknowledged_by text,
  resolved_at timestamptz, resolved_by text, notes text)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_ids record := tocsin_internal.id_bounds(p_since, p_until, p_before_id);
begin
  perform tocsin_internal.check_choice(p_status, '{pending,acknowledged,resolved}', '/status');
  perform tocsin_internal.check_choice(p_severity, '{INFO,WARNING,CRITICAL}', '/severity');
  perform tocsin_internal.check_page(p_limit, p_offset);
  return query select r.* from tocsin_internal.alert_rows(p_tenant_id, array(
    select tocsin_internal.find_alerts(p_tenant_id, p_status, p_severity, p_alert_type, v_ids.from_id, v_ids.before_id, p_q,
      p_limit, p_offset))) r;
end
$$;
comment on function tocsin.list_alerts(integer, text, text, text, timestamptz, timestamptz, text, bigint, integer, integer) is
  'Alerts of a tenant, newest first, from p_since on and before p_until; p_q is a part of the message or type, looked for in the newest 100,000. For the next page give the last id as p_before_id. Raises INVLD.';
