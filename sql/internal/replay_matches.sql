create function tocsin_internal.replay_matches(r tocsin_data.webhook_replays, a tocsin_data.alerts) returns boolean
language sql stable as $$
  select (r.alert_types is null or r.alert_types && tocsin_internal.route_patterns(a.alert_type))
    and (r.filter is null or tocsin_internal.matches_filter(r.filter, jsonb_build_object('alert_type', a.alert_type,
          'severity', a.severity, 'message', a.message, 'operation_type', a.operation_type,
          'context', a.payload::jsonb #> '{data,context}')))
$$;
comment on function tocsin_internal.replay_matches(tocsin_data.webhook_replays, tocsin_data.alerts) is
  'Whether an alert has one of the types and passes the filter that a replay asks for.';
