create or replace view tocsin.v_degraded_webhooks as
select h.webhook_id, h.tenant_id, h.name, h.url, h.is_active, h.health_status, h.breaker_state, h.blocked_until,
       m.status_changed_at as since_at, h.consecutive_failures, h.last_status_code, h.last_error, h.last_failure_at,
       h.last_success_at, h.pending_deliveries,
       case
         when not h.is_active then 'It is disabled' || coalesce(': ' || h.disabled_reason, '.')
         when h.breaker_state = 'open' and h.blocked_until is not null then
           format('The last %s attempts failed, the last because %s. Deliveries pause until %s UTC, then one is tried.',
             h.consecutive_failures, e.words, to_char(h.blocked_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
         when h.breaker_state = 'open' then
           format('The last %s attempts failed, the last because %s. The next delivery is tried now.', h.consecutive_failures, e.words)
         when h.breaker_state = 'half_open' then
           format('It answers again after a time of failures, the last because %s, and gets more and more at once.', e.words)
         when h.blocked_until is not null then
           format('It asked to be called less: nothing is sent until %s UTC.',
             to_char(h.blocked_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
         when h.consecutive_failures > 0 then
           format('The last %s attempts failed, the last because %s.', h.consecutive_failures, e.words)
         else format('%s %% of the recent attempts failed, the last because %s.', round(100 * m.recent_failure_rate), e.words)
       end as reason,
       case
         when not h.is_active then format('Mend what made it so, then: select tocsin.enable_webhook(%s, %s)', h.tenant_id, h.webhook_id)
         when h.breaker_state = 'half_open' then 'Nothing, unless it falls back.'
         when h.last_error like 'http_429:%' then 'Set its rate_limit_per_second to what the receiver allows.'
         when h.last_error ~ '^http_40[13]:' then
           'Let its owner check what it demands of callers, and that it verifies signatures with the newest secret.'
         when h.last_error ~ '^(http_40[045]|redirected):' then 'Check its url, and whether it takes POST with a JSON body.'
         when h.last_error ~ '^http_5' then 'Tell its owner: the receiver fails by itself. What waits is sent when it is back.'
         when h.last_error like 'timeout:%' then 'Let it answer before it starts to work, or give it more timeout_seconds.'
         when h.last_error like 'tls_%' then 'Let its owner mend the certificate. ssl_verify = false only ever within one''s own network.'
         when h.last_error like 'not_sendable: its secrets%' then
           'Put the ENCRYPTION_KEY that sealed its secrets back, behind the new one, and restart; tocsin doctor says whether all open.'
         when h.last_error like 'address_%' then 'Its url leads to an address that may not be called; see ALLOWED_NETWORKS.'
         else 'Check that its url is right and that the receiver can be reached from here.'
       end as what_to_do
  from tocsin.v_webhook_health_dashboard h
  join tocsin_data.webhook_health_metrics m on m.webhook_id = h.webhook_id
 cross join lateral (select coalesce(regexp_replace(h.last_error, '^[a-z0-9_]+: ', ''), 'nothing is known of it') as words) e
 where not h.is_active or h.health_status in ('degraded', 'unavailable') or h.breaker_state <> 'closed' or h.blocked_until is not null
 order by h.is_active desc, case h.health_status when 'unavailable' then 1 when 'degraded' then 2 else 3 end,
       h.consecutive_failures desc, h.webhook_id;
comment on view tocsin.v_degraded_webhooks is
  'Webhooks that are degraded, unavailable, paused or disabled, the worst first: what is wrong, since when, and what to do.';
