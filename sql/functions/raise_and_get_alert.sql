-- An alert without a key is answered from what was just written; one with a key may be an older one, and is read.
create or replace function tocsin.raise_and_get_alert(
  p_alert_type text default 'custom', p_message text default null, p_severity text default 'INFO', p_context jsonb default '{}',
  p_operation_type text default null, p_dedupe_key text default null, p_idempotency_key text default null,
  p_tenant_id integer default 1, p_traceparent text default null)
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz)
language plpgsql volatile security definer set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_raised record; v_alert_id bigint;
begin
  if p_dedupe_key is null and p_idempotency_key is null and p_traceparent is null
     and tocsin_internal.is_sound_alert(p_alert_type, p_message, p_severity, p_context, p_operation_type) then
    v_raised := tocsin_internal.insert_alert(p_tenant_id, null, p_alert_type, p_severity, p_message, p_operation_type, p_context,
      null, null);
    return query select v_raised.alert_id, p_alert_type, p_severity, 'pending', p_message, p_operation_type, p_context,
      p_dedupe_key, v_raised.delivery_count, v_raised.created_at;
    return;
  end if;
  v_alert_id := tocsin.raise_alert(p_alert_type, p_message, p_severity, p_context, p_operation_type, p_dedupe_key,
    p_idempotency_key, p_tenant_id, p_traceparent);
  return query
    select a.alert_id, a.alert_type, a.severity, 'pending', a.message, a.operation_type, a.payload::jsonb #> '{data,context}',
           a.dedupe_key, a.delivery_count, a.created_at
      from tocsin_data.alerts a
     where a.tenant_id = p_tenant_id and a.alert_id = v_alert_id;
end
$$;
comment on function tocsin.raise_and_get_alert(text, text, text, jsonb, text, text, text, integer, text) is
  'As raise_alert, and returns the alert as it was raised: only what never changes, so that a repeated request gets the same. Writes and raises as raise_alert.';
