create function tocsin_internal.explain_delivery(
  w tocsin_data.webhooks, p_delivery_id bigint, p_status text, p_attempts integer, p_status_code smallint, p_error text,
  p_response_ms integer, p_at timestamptz, p_next_attempt_at timestamptz, out reason text, out detail jsonb, out until_at timestamptz)
language plpgsql stable as $$
declare
  v_held record;
begin
  detail := jsonb_build_object('attempts', p_attempts, 'status_code', p_status_code, 'last_error', p_error);
  case p_status
    when 'delivered' then
      reason := format('Delivered at %s by attempt %s: the receiver answered %s after %s ms.',
        tocsin_internal.time_words(p_at), p_attempts, p_status_code, p_response_ms);
    when 'failed' then
      reason := format('Given up at %s after %s attempts, the last because %s. retry_delivery(%s) tries again.',
        tocsin_internal.time_words(p_at), p_attempts, tocsin_internal.error_words(p_error), p_delivery_id);
    when 'cancelled' then
      reason := format('Cancelled at %s: the webhook was deleted before it was sent.', tocsin_internal.time_words(p_at));
    when 'sending' then
      select x.expires_at into until_at from tocsin_data.alert_delivery_leases x where p_delivery_id = any (x.delivery_ids) limit 1;
      reason := format('Attempt %s is being sent. Should its worker be lost, it is sent again by %s at the latest.',
        p_attempts + 1, tocsin_internal.time_words(until_at));
    else
      v_held := tocsin_internal.explain_waiting(w, p_delivery_id, p_attempts, p_error, p_next_attempt_at);
      reason := v_held.reason; detail := detail || v_held.detail; until_at := v_held.until_at;
  end case;
end
$$;
comment on function tocsin_internal.explain_delivery(
  tocsin_data.webhooks, bigint, text, integer, smallint, text, integer, timestamptz, timestamptz) is
  'What became of a delivery, or what holds it back and until when.';
