-- One expression, which the planner puts into its caller: raising asks this first, and check_alert only to name what is wrong.
create function tocsin_internal.is_sound_alert(
  p_alert_type text, p_message text, p_severity text, p_context jsonb, p_operation_type text)
returns boolean
language sql stable as $$
  select length(p_message) between 1 and 10000
    and p_alert_type ~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' and length(p_alert_type) <= 200
    and p_severity in ('INFO', 'WARNING', 'CRITICAL')
    and jsonb_typeof(p_context) = 'object' and pg_column_size(p_context) <= 262144
    and (p_operation_type is null or length(p_operation_type) <= 200)
$$;
comment on function tocsin_internal.is_sound_alert(text, text, text, jsonb, text) is
  'Whether check_alert lets an alert pass; false or null when it raises.';
