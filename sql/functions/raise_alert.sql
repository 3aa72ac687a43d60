-- The settings are those that insert_alert asks for. An alert with a key goes another way, which writes more.
create or replace function tocsin.raise_alert(
  p_alert_type text default 'custom', p_message text default null, p_severity text default 'INFO', p_context jsonb default '{}',
  p_operation_type text default null, p_dedupe_key text default null, p_idempotency_key text default null,
  p_tenant_id integer default 1, p_traceparent text default null)
returns bigint
language plpgsql volatile security definer set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
begin
  if tocsin_internal.is_sound_alert(p_alert_type, p_message, p_severity, p_context, p_operation_type) is not true then
    perform tocsin_internal.check_alert(p_alert_type, p_message, p_severity, p_context, '', p_operation_type);
  end if;
  if p_traceparent is not null then perform tocsin_internal.check_traceparent(p_traceparent); end if;
  if p_dedupe_key is not null or p_idempotency_key is not null then
    perform tocsin_internal.check_tenant(p_tenant_id);
    perform tocsin_internal.check_key(p_dedupe_key, '/dedupe_key'), tocsin_internal.check_key(p_idempotency_key, '/idempotency_key');
    return tocsin_internal.raise_keyed_alert(p_tenant_id, row(1, p_alert_type, p_severity, p_message, p_operation_type, p_context,
      p_dedupe_key, p_idempotency_key)::tocsin_internal.alert_input, p_traceparent => p_traceparent);
  end if;
  return (tocsin_internal.insert_alert(p_tenant_id, null, p_alert_type, p_severity, p_message, p_operation_type, p_context, null,
    p_traceparent)).alert_id;
end
$$;
comment on function tocsin.raise_alert(text, text, text, jsonb, text, text, text, integer, text) is
  'Raises an alert in the caller''s transaction: rolled back, it is never sent; committed, every matching webhook gets it at least once or the giving up is visible. Returns its id; with a dedupe_key whose alert is still open, or a repeated idempotency_key, the id of the first one. Deliveries go on with the trace of p_traceparent (W3C Trace Context). Writes alerts, alert_delivery_queue, idempotency_keys, alert_dedupe_keys; raises INVLD, NTFND.';
