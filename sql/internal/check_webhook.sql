-- The whole row, so that creating and changing obey the same rules.
create function tocsin_internal.check_webhook(p_webhook tocsin_data.webhooks) returns void
language plpgsql immutable as $$
declare
  v_wrong text;
  v_message text;
begin
  select r.field, r.message into v_wrong, v_message from (values
    (1, 'name', length(p_webhook.name) <= 200 and p_webhook.name ~ '\S', 'name must have 1 to 200 characters.'),
    (2, 'url', length(p_webhook.url) <= 2048 and p_webhook.url ~* '^https?://[^[:space:][:cntrl:]/?#]+[^[:space:][:cntrl:]]*$',
      'url must be an http or https URL of 2,048 characters at most.'),
    (3, 'description', length(coalesce(p_webhook.description, '')) <= 2000, 'description must have 2,000 characters at most.'),
    (4, 'is_active', p_webhook.is_active is not null, 'is_active must be true or false.'),
    (5, 'min_severity', p_webhook.min_severity in ('INFO', 'WARNING', 'CRITICAL'), 'min_severity must be INFO, WARNING or CRITICAL.'),
    (6, 'timeout_seconds', p_webhook.timeout_seconds between 1 and 120, 'timeout_seconds must be from 1 to 120.'),
    (7, 'ssl_verify', p_webhook.ssl_verify is not null, 'ssl_verify must be true or false.'),
    (8, 'rate_limit_per_second', coalesce(p_webhook.rate_limit_per_second, 1) between 0.001 and 100000,
      'rate_limit_per_second must be from 0.001 to 100,000, or null for no limit.'),
    (9, 'max_in_flight', p_webhook.max_in_flight between 1 and 1000, 'max_in_flight must be from 1 to 1,000.'),
    (10, 'ordered', p_webhook.ordered is not null, 'ordered must be true or false.'),
    (11, 'format', p_webhook.format in ('standard', 'slack', 'discord', 'teams', 'pagerduty'),
      'format must be standard, slack, discord, teams or pagerduty.')) as r(n, field, is_sound, message)
   where r.is_sound is not true order by r.n limit 1;
  if v_wrong is not null then
    raise exception using errcode = 'INVLD', column = '/' || v_wrong, message = v_message;
  end if;
  perform tocsin_internal.check_events(p_webhook.events);
  perform tocsin_internal.check_retry_policy(p_webhook.retry_policy);
  if p_webhook.filter is not null then
    perform tocsin_internal.check_filter(p_webhook.filter);
  end if;
end
$$;
comment on function tocsin_internal.check_webhook(tocsin_data.webhooks) is
  'Raises INVLD, with a pointer to the first wrong field, unless the settings of a webhook are sound.';
