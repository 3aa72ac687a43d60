-- p_tenant_id is last and may be left out, so that an operator can say: select * from tocsin.why_not_delivered(123).
create or replace function tocsin.why_not_delivered(
  p_alert_id bigint, p_webhook_id integer default null, p_tenant_id integer default null)
returns table (webhook_id integer, webhook_name text, delivery_id bigint, outcome text, reason text, detail jsonb,
  until_at timestamptz)
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  a tocsin_data.alerts;
  v_alert jsonb;
begin
  select o.* into a from tocsin_data.tenants t
    join tocsin_data.alerts o on o.tenant_id = t.tenant_id and o.alert_id = p_alert_id
   where p_tenant_id is null or t.tenant_id = p_tenant_id;
  if a.alert_id is null then
    raise exception using errcode = 'NTFND', message = 'There is no such alert.';
  elsif p_webhook_id is not null and not exists (
      select from tocsin_data.webhooks w where w.webhook_id = p_webhook_id and w.tenant_id = a.tenant_id) then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  end if;
  v_alert := jsonb_build_object('alert_type', a.alert_type, 'severity', a.severity, 'message', a.message,
    'operation_type', a.operation_type, 'context', a.payload::jsonb #> '{data,context}');
  return query
    with found as materialized (
      select array_agg(f.delivery_id) as delivery_ids, array_agg(f.webhook_id) as webhook_ids, array_agg(f.alert_id) as alert_ids
        from tocsin_internal.find_deliveries(a.tenant_id, null, p_webhook_id, p_alert_id, null, null, null, 100000) f),
    delivery as materialized (
      select d.* from found f cross join lateral tocsin_internal.describe_deliveries(f.delivery_ids, f.webhook_ids, f.alert_ids) d)
    select w.webhook_id, w.name, d.id, coalesce(d.status, 'not_matched'), coalesce(e.reason, n.reason),
           coalesce(e.detail, n.detail), e.until_at
      from tocsin_data.webhooks w
      left join delivery d on d.webhook_id = w.webhook_id
      left join lateral tocsin_internal.explain_delivery(w, d.id, d.status, d.attempt_count, d.last_status_code, d.last_error,
        d.response_ms, d.last_attempt_at, d.next_attempt_at) e on d.id is not null
      left join lateral tocsin_internal.explain_no_match(w, v_alert, a.created_at) n on d.id is null
     where w.tenant_id = a.tenant_id and (p_webhook_id is null or w.webhook_id = p_webhook_id)
       and (w.deleted_at is null or d.id is not null)
     order by w.webhook_id limit 10000;
end
$$;
comment on function tocsin.why_not_delivered(bigint, integer, integer) is
  'For each webhook of the alert''s tenant, or the one given, what became of the alert there (outcome delivered, failed, cancelled, pending, sending or not_matched), why, in a sentence and as JSON, and until when a pause lasts; 10,000 webhooks at most. A null tenant is any. Raises NTFND.';
