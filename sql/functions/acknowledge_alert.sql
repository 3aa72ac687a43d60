create or replace function tocsin.acknowledge_alert(p_tenant_id integer, p_alert_id bigint, p_by text, p_notes text default null)
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz, acknowledged_at timestamptz, acknowledged_by text,
  resolved_at timestamptz, resolved_by text, notes text)
language plpgsql volatile security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_status text;
begin
  select a.status into v_status from tocsin_data.alerts a
   where a.tenant_id = p_tenant_id and a.alert_id = p_alert_id for no key update;
  if v_status is null then
    raise exception using errcode = 'NTFND', message = 'There is no such alert.';
  elsif v_status = 'resolved' then
    raise exception using errcode = 'STALE', message = 'The alert is resolved already.';
  elsif v_status = 'pending' then
    update tocsin_data.alerts a
       set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = p_by, notes = coalesce(p_notes, a.notes)
     where a.tenant_id = p_tenant_id and a.alert_id = p_alert_id;
  end if;
  return query select r.* from tocsin_internal.alert_rows(p_tenant_id, array[p_alert_id]) r;
end
$$;
comment on function tocsin.acknowledge_alert(integer, bigint, text, text) is
  'Marks an alert as seen and returns it; done again, it changes nothing. Writes alerts; raises NTFND, and STALE when the alert is resolved.';
