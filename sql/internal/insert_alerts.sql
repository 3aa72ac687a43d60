-- All alerts are matched in one statement and so with one snapshot. Patterns of one webhook never overlap (sync_webhooks),
-- so no alert meets a webhook twice. The offset keeps the planner from reading all routes, however few it believes there
-- are. Deliveries get their ids in the order of the alerts, which is the order that `ordered` webhooks get them in.
create function tocsin_internal.insert_alerts(
  p_tenant_id integer, p_alert_ids bigint[], p_alert_types text[], p_severities text[], p_messages text[],
  p_operation_types text[], p_contexts jsonb[], p_dedupe_keys text[],
  p_traceparent text) returns void
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_alert_ids bigint[]; v_webhook_ids integer[]; v_ids bigint[]; v_are_urgent boolean[];
begin
  select array_agg(m.alert_id), array_agg(m.webhook_id), array_agg(m.is_urgent) into v_alert_ids, v_webhook_ids, v_are_urgent
    from (select i.alert_id, r.webhook_id, i.severity = 'CRITICAL' as is_urgent
            from unnest(p_alert_ids, p_alert_types, p_severities, p_messages, p_operation_types, p_contexts) with ordinality
                   as i(alert_id, alert_type, severity, message, operation_type, context, n)
           cross join lateral unnest(tocsin_internal.route_patterns(i.alert_type)) as p(pattern)
           cross join lateral (
             select o.webhook_id, o.severity_rank, o.filter from tocsin_data.webhook_routes o
              where o.tenant_id = p_tenant_id and o.pattern = p.pattern offset 0) r
           where r.severity_rank <= tocsin_internal.severity_rank(i.severity)
             and (r.filter is null or tocsin_internal.matches_filter(r.filter, jsonb_build_object('alert_type', i.alert_type,
                   'severity', i.severity, 'message', i.message, 'operation_type', i.operation_type, 'context', i.context)))
           order by i.n) m;
  v_ids := tocsin_internal.next_ids(cardinality(v_alert_ids));
  insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, operation_type, message, payload, dedupe_key,
      delivery_count, first_delivery_id, last_delivery_id, created_at)
    select i.alert_id, p_tenant_id, i.alert_type, i.severity, i.operation_type, i.message,
           tocsin_internal.alert_payload(i.alert_id, i.alert_type, i.severity, i.message, i.operation_type, i.context, v_now,
             p_traceparent),
           i.dedupe_key, coalesce(d.n, 0), d.first_id, d.last_id, v_now
      from unnest(p_alert_ids, p_alert_types, p_severities, p_messages, p_operation_types, p_contexts, p_dedupe_keys)
             as i(alert_id, alert_type, severity, message, operation_type, context, dedupe_key)
      left join (select m.alert_id, count(*) as n, min(m.delivery_id) as first_id, max(m.delivery_id) as last_id
                   from unnest(v_alert_ids, v_ids) as m(alert_id, delivery_id) group by m.alert_id) d on d.alert_id = i.alert_id;
  if v_alert_ids is null then return; end if;
  insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
      is_urgent)
    select tocsin_internal.id_time(m.delivery_id), m.delivery_id, m.alert_id, m.webhook_id, p_tenant_id,
           (m.webhook_id & 63)::smallint, 1, m.is_urgent
      from unnest(v_ids, v_alert_ids, v_webhook_ids, v_are_urgent) as m(delivery_id, alert_id, webhook_id, is_urgent);
  if not tocsin_internal.keep_workers_awake() then perform pg_notify('tocsin_ready', ''); end if;
end
$$;
comment on function tocsin_internal.insert_alerts(integer, bigint[], text[], text[], text[], text[], jsonb[], text[], text) is
  'Writes alerts and, for each webhook that matches, a row of alert_delivery_queue.';
