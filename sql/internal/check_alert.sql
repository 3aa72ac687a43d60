create function tocsin_internal.check_alert(
  p_alert_type text, p_message text, p_severity text, p_context jsonb, p_prefix text default '', p_operation_type text default null)
returns void
language plpgsql stable as $$
begin
  if tocsin_internal.is_sound_alert(p_alert_type, p_message, p_severity, p_context, p_operation_type) then
    return;
  elsif p_message is null or length(p_message) not between 1 and 10000 then
    raise exception using errcode = 'INVLD', column = p_prefix || '/message',
      message = 'message must have 1 to 10,000 characters.', hint = 'Say in a sentence what happened.';
  elsif p_alert_type is null or p_alert_type !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(p_alert_type) > 200 then
    raise exception using errcode = 'INVLD', column = p_prefix || '/alert_type',
      message = 'alert_type must be words of letters, digits, _ and -, separated by dots, 200 characters at most.',
      hint = 'For example order.paid.';
  elsif p_severity is null or p_severity not in ('INFO', 'WARNING', 'CRITICAL') then
    raise exception using errcode = 'INVLD', column = p_prefix || '/severity',
      message = 'severity must be INFO, WARNING or CRITICAL.';
  elsif p_context is null or jsonb_typeof(p_context) <> 'object' then
    raise exception using errcode = 'INVLD', column = p_prefix || '/context', message = 'context must be a JSON object.';
  elsif pg_column_size(p_context) > 262144 then
    raise exception using errcode = 'INVLD', column = p_prefix || '/context',
      message = 'context must not be larger than 256 KiB.', hint = 'Send a link to what is large.';
  elsif length(p_operation_type) > 200 then
    raise exception using errcode = 'INVLD', column = p_prefix || '/operation_type',
      message = 'operation_type must have 200 characters at most.';
  end if;
end
$$;
comment on function tocsin_internal.check_alert(text, text, text, jsonb, text, text) is
  'Raises INVLD, with a pointer to the field, unless the parts of an alert are sound.';
