create function tocsin_internal.match_webhooks(
  p_tenant_id integer, p_alert_type text, p_severity text, p_message text, p_operation_type text, p_context jsonb)
returns integer[]
language plpgsql stable as $$
declare
  v_alert jsonb := jsonb_build_object('alert_type', p_alert_type, 'severity', p_severity, 'message', p_message,
    'operation_type', p_operation_type, 'context', p_context);
begin
  return array(
    select o.webhook_id from tocsin_data.webhook_routes o
     where o.tenant_id = p_tenant_id and o.pattern = any (tocsin_internal.route_patterns(p_alert_type))
       and o.severity_rank <= tocsin_internal.severity_rank(p_severity)
       and (o.filter is null or tocsin_internal.matches_filter(o.filter, v_alert)));
end
$$;
comment on function tocsin_internal.match_webhooks(integer, text, text, text, text, jsonb) is
  'The webhooks that get an alert. To be called with the settings of raise_alert, for its plan''s sake.';
