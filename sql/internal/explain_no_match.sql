-- In the order in which raising looks. Settings are those of now: what they were then is not kept.
create function tocsin_internal.explain_no_match(
  w tocsin_data.webhooks, p_alert jsonb, p_raised_at timestamptz, out reason text, out detail jsonb)
language plpgsql stable as $$
begin
  if w.created_at > p_raised_at then
    reason := 'The webhook was created after the alert was raised.';
    detail := jsonb_build_object('check', 'created_at', 'created_at', w.created_at, 'raised_at', p_raised_at);
  elsif not w.events && tocsin_internal.route_patterns(p_alert ->> 'alert_type') then
    reason := format('The webhook does not take alerts of type %s, only %s.', p_alert ->> 'alert_type', array_to_string(w.events, ', '));
    detail := jsonb_build_object('check', 'events', 'events', w.events, 'alert_type', p_alert -> 'alert_type');
  elsif tocsin_internal.severity_rank(w.min_severity) > tocsin_internal.severity_rank(p_alert ->> 'severity') then
    reason := format('The webhook takes alerts from %s up, and this one is %s.', w.min_severity, p_alert ->> 'severity');
    detail := jsonb_build_object('check', 'min_severity', 'min_severity', w.min_severity, 'severity', p_alert -> 'severity');
  elsif not tocsin_internal.matches_filter(w.filter, p_alert) then
    reason := 'The alert does not pass the filter of the webhook.';
    detail := jsonb_build_object('check', 'filter', 'filter', w.filter);
  else
    reason := format('The webhook would get this alert now, but its settings were changed since, last at %s.',
      tocsin_internal.time_words(w.updated_at));
    detail := jsonb_build_object('check', 'settings', 'updated_at', w.updated_at, 'raised_at', p_raised_at);
  end if;
end
$$;
comment on function tocsin_internal.explain_no_match(tocsin_data.webhooks, jsonb, timestamptz) is
  'Why a webhook has no delivery of an alert, in words and as {"check": …}.';
