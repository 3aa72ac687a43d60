-- What insert_alerts does, for one alert: in few statements of few expressions, as setting them up is most of what an alert
-- costs. Its callers set enable_seqscan and enable_bitmapscan off and plan_cache_mode, so that plans are made once a session
-- and read indexes however small the tables were then; to set them here once more would cost as much as a statement.
create function tocsin_internal.insert_alert(
  p_tenant_id integer, p_alert_id bigint, p_alert_type text, p_severity text, p_message text, p_operation_type text,
  p_context jsonb, p_dedupe_key text, p_traceparent text,
  out alert_id bigint, out delivery_count integer, out created_at timestamptz)
language plpgsql volatile as $$
declare
  v_limit integer; v_horizon bigint; v_webhook_ids integer[]; v_noted text;
  v_newest_id bigint; v_ids bigint[]; v_first_id bigint; v_last_id bigint;
begin
  -- A route with a filter stands as 0 here: to set up what judges filters costs more than the rest of this query. With a
  -- condition on deleted_at, tenants would be read by the index of its names. The ids do for an alert of one delivery.
  select case when t.deleted_at is null then coalesce(t.queue_limit, 0) end, s.value, clock_timestamp(),
         nullif(current_setting('tocsin.last_id', true), '')::bigint,
         coalesce(p_alert_id, tocsin_internal.next_id()), tocsin_internal.next_id(),
         array(select case when o.filter is null then o.webhook_id else 0 end from tocsin_data.webhook_routes o
                where o.tenant_id = p_tenant_id and o.pattern = any (tocsin_internal.route_patterns(p_alert_type))
                  and o.severity_rank <= tocsin_internal.severity_rank(p_severity))
    into v_limit, v_horizon, created_at, v_newest_id, alert_id, v_first_id, v_webhook_ids
    from tocsin_data.tenants t, tocsin_data.settings s
   where t.tenant_id = p_tenant_id and s.name = 'partition_horizon';
  -- Who has drawn an id has asked check_tenant. An id is new when the transaction first writes (tally_alerts), so none is
  -- kept that was drawn before check_tenant, which may wait.
  if p_alert_id is null and (v_limit is distinct from 0 or v_horizon < v_first_id + (3600 * 1024::bigint << 13)) then
    perform tocsin_internal.check_tenant(p_tenant_id);
    v_first_id := 0;
  end if;
  if 0 = any (v_webhook_ids) then
    v_webhook_ids := tocsin_internal.match_webhooks(p_tenant_id, p_alert_type, p_severity, p_message, p_operation_type, p_context);
  end if;
  delivery_count := cardinality(v_webhook_ids);
  if delivery_count <> 1 or v_first_id <= alert_id or alert_id <= v_newest_id and p_alert_id is null then
    v_ids := tocsin_internal.next_ids(delivery_count + 1);
    alert_id := coalesce(p_alert_id, v_ids[1]);
    v_first_id := v_ids[2];
    v_last_id := case when delivery_count > 0 then v_ids[delivery_count + 1] end;
  else
    v_noted := set_config('tocsin.last_id', v_first_id::text, false);
    v_last_id := v_first_id;
  end if;
  insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, operation_type, message, payload, dedupe_key,
      delivery_count, first_delivery_id, last_delivery_id, created_at)
    values (alert_id, p_tenant_id, p_alert_type, p_severity, p_operation_type, p_message,
      tocsin_internal.alert_payload(alert_id, p_alert_type, p_severity, p_message, p_operation_type, p_context, created_at,
        p_traceparent), p_dedupe_key, delivery_count, v_first_id, v_last_id, created_at);
  if delivery_count = 0 then return; end if;
  if v_ids is null then
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
        is_urgent)
      values (tocsin_internal.id_time(v_first_id), v_first_id, alert_id, v_webhook_ids[1], p_tenant_id,
        (v_webhook_ids[1] & 63)::smallint, 1, p_severity = 'CRITICAL');
  else
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
        is_urgent)
      select tocsin_internal.id_time(m.delivery_id), m.delivery_id, insert_alert.alert_id, m.webhook_id, p_tenant_id,
             (m.webhook_id & 63)::smallint, 1, p_severity = 'CRITICAL'
        from unnest(v_ids[2:], v_webhook_ids) as m(delivery_id, webhook_id);
  end if;
  if not tocsin_internal.keep_workers_awake() then perform pg_notify('tocsin_ready', ''); end if;
end
$$;
comment on function tocsin_internal.insert_alert(integer, bigint, text, text, text, text, jsonb, text, text) is
  'Writes an alert and, for each webhook that matches, a row of alert_delivery_queue; with an id that its caller has drawn, or a new one. Raises what check_tenant raises.';
