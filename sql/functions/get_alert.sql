create or replace function tocsin.get_alert(p_tenant_id integer, p_alert_id bigint)
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz, acknowledged_at timestamptz, acknowledged_by text,
  resolved_at timestamptz, resolved_by text, notes text, payload text)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select r.*, a.payload
      from tocsin_internal.alert_rows(p_tenant_id, array[p_alert_id]) r
      join tocsin_data.alerts a on a.tenant_id = p_tenant_id and a.alert_id = p_alert_id;
end
$$;
comment on function tocsin.get_alert(integer, bigint) is 'One alert of a tenant with the body that receivers get; no row when there is none.';
