create function tocsin_internal.alert_payload(
  p_alert_id bigint, p_alert_type text, p_severity text, p_message text, p_operation_type text, p_context jsonb, p_at timestamptz,
  p_traceparent text)
returns text
language sql stable as $$
  select '{"type":' || to_json(p_alert_type)::text
    || ',"timestamp":"' || to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || coalesce('","traceparent":"' || p_traceparent, '')
    || '","data":{"alert_id":' || p_alert_id::text || ',"severity":"' || p_severity
    || '","message":' || to_json(p_message)::text
    || ',"operation_type":' || coalesce(to_json(p_operation_type)::text, 'null')
    || ',"context":' || p_context::text || '}}'
$$;
comment on function tocsin_internal.alert_payload(bigint, text, text, text, text, jsonb, timestamptz, text) is
  'The body that receivers get, in the envelope of Standard Webhooks: type, timestamp, data; and the trace that the alert belongs to, if it is known.';
