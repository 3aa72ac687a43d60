-- The first reason that holds it back, from what only a person can change down to its turn.
create function tocsin_internal.explain_waiting(
  w tocsin_data.webhooks, p_delivery_id bigint, p_attempts integer, p_last_error text, p_next_attempt_at timestamptz,
  out reason text, out detail jsonb, out until_at timestamptz)
language plpgsql stable as $$
declare
  v_now timestamptz := clock_timestamp();
  h tocsin_data.webhook_health_metrics;
  l tocsin_data.webhook_lanes;
  v_held record;
begin
  select * into h from tocsin_data.webhook_health_metrics m where m.webhook_id = w.webhook_id;
  select * into l from tocsin_data.webhook_lanes n where n.bucket = w.bucket and n.webhook_id = w.webhook_id;
  if w.deleted_at is not null then
    reason := 'The webhook was deleted, so the delivery will end as cancelled.';
    detail := jsonb_build_object('cause', 'webhook_deleted', 'deleted_at', w.deleted_at);
  elsif not w.is_active then
    reason := 'The webhook is disabled' || coalesce(': ' || rtrim(w.disabled_reason, '.'), '') || '. Enable it to have this sent.';
    detail := jsonb_build_object('cause', 'webhook_disabled', 'disabled_reason', w.disabled_reason);
  elsif l.blocked_until > v_now and h.breaker_state = 'open' then
    until_at := l.blocked_until;
    reason := format('The webhook failed %s times in a row, the last time because %s. Deliveries pause until %s, then one is tried.',
      h.consecutive_failures, tocsin_internal.error_words(h.last_error), tocsin_internal.time_words(until_at));
    detail := jsonb_build_object('cause', 'breaker_open', 'consecutive_failures', h.consecutive_failures, 'last_error', h.last_error);
  elsif l.blocked_until > v_now and h.blocked_until > v_now then
    until_at := l.blocked_until;
    reason := format('The receiver asked to be called less: deliveries pause until %s.', tocsin_internal.time_words(until_at));
    detail := jsonb_build_object('cause', 'throttled', 'last_error', h.last_error);
  else
    v_held := tocsin_internal.explain_turn(l, p_delivery_id, p_next_attempt_at);
    if p_next_attempt_at > v_now and p_attempts > 0 and coalesce(v_held.detail ->> 'cause', '') <> 'earlier_delivery' then
      until_at := p_next_attempt_at;
      reason := format('Attempt %s failed because %s. Attempt %s is due at %s.', p_attempts,
        tocsin_internal.error_words(p_last_error), p_attempts + 1, tocsin_internal.time_words(until_at));
      detail := jsonb_build_object('cause', 'retry', 'attempt', p_attempts + 1, 'last_error', p_last_error);
    else
      reason := v_held.reason; detail := v_held.detail; until_at := v_held.until_at;
    end if;
  end if;
end
$$;
comment on function tocsin_internal.explain_waiting(tocsin_data.webhooks, bigint, integer, text, timestamptz) is
  'Why a delivery waits and until when, in words and as {"cause": …}.';
