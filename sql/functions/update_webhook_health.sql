create or replace function tocsin.update_webhook_health(
  p_webhook_id integer, p_http_status integer, p_response_time_ms integer, p_error text default null)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_delivered boolean := coalesce(p_http_status between 200 and 299, false);
  v_status text;
begin
  perform tocsin_internal.apply_webhook_results(row(p_webhook_id, v_delivered::integer, (not v_delivered)::integer,
    0, (not v_delivered and p_http_status is distinct from 429)::integer,
    (not v_delivered and (p_http_status is null or p_http_status = 429 or p_http_status >= 500))::integer, p_response_time_ms,
    p_response_time_ms, p_http_status, p_error,
    case when p_http_status in (429, 502, 503, 504) then 0 end)::tocsin_internal.webhook_results);
  select m.health_status into v_status from tocsin_data.webhook_health_metrics m where m.webhook_id = p_webhook_id;
  if v_status is null then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  end if;
  return v_status;
end
$$;
comment on function tocsin.update_webhook_health(integer, integer, integer, text) is
  'Tells the health of a webhook the result of one request that was sent outside the queue (a null status: no answer came); returns its health_status. Writes webhook_health_metrics and webhook_lanes; raises NTFND.';
