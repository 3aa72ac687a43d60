create function tocsin_internal.route_patterns(p_alert_type text) returns text[]
language sql immutable parallel safe as $$
  select array['*', p_alert_type] || array(
    select array_to_string((string_to_array(p_alert_type, '.'))[1:i], '.') || '.*'
      from generate_series(1, length(p_alert_type) - length(replace(p_alert_type, '.', ''))) as i)
$$;
comment on function tocsin_internal.route_patterns(text) is
  'All event patterns that match an alert type: itself, * and a.*, a.b.* for a.b.c.';
