create function tocsin_internal.is_routed(p_webhook_id integer, a tocsin_data.alerts) returns boolean
language sql stable as $$
  select exists (
    select from tocsin_data.webhook_routes o
     where o.webhook_id = p_webhook_id and o.pattern = any (tocsin_internal.route_patterns(a.alert_type))
       and o.severity_rank <= tocsin_internal.severity_rank(a.severity)
       and (o.filter is null or tocsin_internal.matches_filter(o.filter, jsonb_build_object('alert_type', a.alert_type,
             'severity', a.severity, 'message', a.message, 'operation_type', a.operation_type,
             'context', a.payload::jsonb #> '{data,context}'))))
$$;
comment on function tocsin_internal.is_routed(integer, tocsin_data.alerts) is
  'Whether a webhook would get this alert by its settings of now.';
