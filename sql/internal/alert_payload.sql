-- One call of concat costs half of a chain of ||, and skips what is null. A type and a severity need no escaping: check_alert
-- has been through them.
create function tocsin_internal.alert_payload(
  p_alert_id bigint, p_alert_type text, p_severity text, p_message text, p_operation_type text, p_context jsonb, p_at timestamptz,
  p_traceparent text)
returns text
language sql stable as $$
  select concat('{"type":"', p_alert_type, '","timestamp":"', to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    '","traceparent":"' || p_traceparent, '","data":{"alert_id":', p_alert_id, ',"severity":"', p_severity,
    '","message":', to_json(p_message), ',"operation_type":', coalesce(to_json(p_operation_type)::text, 'null'),
    ',"context":', p_context, '}}')
$$;
comment on function tocsin_internal.alert_payload(bigint, text, text, text, text, jsonb, timestamptz, text) is
  'The body that receivers get, in the envelope of Standard Webhooks: type, timestamp, data; and the trace that the alert belongs to, if it is known.';
