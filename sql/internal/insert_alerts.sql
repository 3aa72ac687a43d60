-- One statement and so one snapshot: an alert and its deliveries are matched against the same webhooks. Patterns of one
-- webhook never overlap (sync_webhooks), so no alert meets a webhook twice.
create function tocsin_internal.insert_alerts(
  p_tenant_id integer, p_alert_ids bigint[], p_alert_types text[], p_severities text[], p_messages text[],
  p_operation_types text[], p_contexts jsonb[], p_dedupe_keys text[]) returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp();
  v_queued bigint;
begin
  with incoming as materialized (
    select * from unnest(p_alert_ids, p_alert_types, p_severities, p_messages, p_operation_types, p_contexts, p_dedupe_keys)
      as a(alert_id, alert_type, severity, message, operation_type, context, dedupe_key)),
  matched as materialized (
    select i.alert_id, r.webhook_id, tocsin_internal.next_id() as delivery_id
      from incoming i
      join tocsin_data.webhook_routes r
        on r.tenant_id = p_tenant_id and r.pattern = any (tocsin_internal.route_patterns(i.alert_type))
     where r.severity_rank <= tocsin_internal.severity_rank(i.severity)
       and (r.filter is null or tocsin_internal.matches_filter(r.filter, jsonb_build_object('alert_type', i.alert_type,
             'severity', i.severity, 'message', i.message, 'operation_type', i.operation_type, 'context', i.context)))),
  queued as (
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(m.delivery_id), m.delivery_id, m.alert_id, m.webhook_id, p_tenant_id,
             (m.webhook_id & 63)::smallint, 1 from matched m),
  stored as (
    insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, operation_type, message, payload, dedupe_key,
        delivery_count, first_delivery_id, last_delivery_id, created_at)
      select i.alert_id, p_tenant_id, i.alert_type, i.severity, i.operation_type, i.message,
             tocsin_internal.alert_payload(i.alert_id, i.alert_type, i.severity, i.message, i.operation_type, i.context, v_now),
             i.dedupe_key, coalesce(d.n, 0), d.first_id, d.last_id, v_now
        from incoming i
        left join (select m.alert_id, count(*) as n, min(m.delivery_id) as first_id, max(m.delivery_id) as last_id
                     from matched m group by m.alert_id) d on d.alert_id = i.alert_id)
  select count(*) into v_queued from matched;
  if v_queued > 0 then perform tocsin_internal.wake_idle_worker(); end if;
end
$$;
comment on function tocsin_internal.insert_alerts(integer, bigint[], text[], text[], text[], text[], jsonb[], text[]) is
  'Writes alerts and, for each webhook that matches, a row of alert_delivery_queue.';
