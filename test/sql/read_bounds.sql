-- However much there is, a page reads a bounded number of rows, and never a table from end to end.
create function pg_temp.rows_read(out scanned bigint, out found bigint) language sql as $$
  select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'r'), 0),
         coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'i'), 0)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'tocsin_data' and c.relname ~ '^(alerts|alert_delivery_(log|queue|retries|parked))'
$$;

do $$
declare
  v_other integer := pg_temp.make_tenant('small');
begin
  perform tocsin.maintain_partitions();
  perform pg_temp.make_webhook('w' || i) from generate_series(1, 40) i;
  perform pg_temp.make_webhook('s' || i, v_other) from generate_series(1, 3) i;
end
$$;
set local session_replication_role = replica;
-- 20,000 alerts within the last day, ten deliveries each; every hundredth alert is the small tenant's.
create temporary table raised as
  select i, tocsin_internal.id_at(now() - interval '20 hours' + i * interval '3.6 seconds') as alert_id,
         case when i % 100 = 0 then w.small else 1 end as tenant_id, w.*
    from generate_series(1, 20000) i
   cross join (select min(tenant_id) filter (where tenant_id > 1) as small,
                      array_agg(webhook_id order by webhook_id) filter (where tenant_id = 1) as ours,
                      array_agg(webhook_id order by webhook_id) filter (where tenant_id > 1) as theirs from tocsin_data.webhooks) w;
create temporary table sent as
  select r.i, r.alert_id, r.tenant_id, r.alert_id + 10 + k as delivery_id,
         case when r.tenant_id = 1 then r.ours[1 + (r.i * 10 + k) % 40] else r.theirs[1 + k % 3] end as webhook_id
    from raised r cross join generate_series(0, 9) k;
insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, message, payload, status, delivery_count,
    first_delivery_id, last_delivery_id, created_at)
  select alert_id, tenant_id, 'order.paid', 'INFO', 'An order', '{"data": {"context": {}}}', 'pending', 10, alert_id + 10,
         alert_id + 19, tocsin_internal.id_time(alert_id) from raised;
insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms, status_code,
    bucket, attempt, status)
  select delivery_id, alert_id, tocsin_internal.id_time(delivery_id), webhook_id, tenant_id, 20, case when i % 200 = 1 then 500 else 200 end,
         webhook_id & 63, 1, case when i % 200 = 1 then 'failed' else 'delivered' end
    from sent where i <= 17500;
insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
  select tocsin_internal.id_time(delivery_id), delivery_id, alert_id, webhook_id, tenant_id, webhook_id & 63, 1
    from sent where i > 17500;
set local session_replication_role = origin;

do $$
declare
  v_small integer := (select tenant_id from tocsin_data.tenants where name = 'small');
  v_hook integer := (select min(webhook_id) from tocsin_data.webhooks where tenant_id = 1);
  v_alert bigint := (select alert_id from raised where i = 17001);
  v_middle bigint := (select max(delivery_id) from sent where i = 9001);
  v_failed bigint := (select max(delivery_id) from sent where i = 17401);
  v_fresh bigint := (select min(delivery_id) from sent where i = 19999);
  v_case record; v_before record; v_after record; v_rows bigint;
begin
  assert (select count(*) = 175000 from tocsin_data.alert_delivery_log) and (select count(*) = 25000 from tocsin_data.alert_delivery_queue);
  for v_case in
    select * from (values
      ('list_alerts(1)', 20), ('list_alerts(1, ''pending'')', 20), ('list_alerts(1, p_q => ''order'')', 20),
      (format('list_alerts(%s)', v_small), 20), (format('get_alert(1, %s)', v_alert), 1), ('count_alerts(1)', 1),
      ('list_deliveries(1)', 20), ('list_deliveries(1, ''pending'')', 20), ('list_deliveries(1, ''delivered'')', 20),
      ('list_deliveries(1, ''failed'')', 20), ('list_deliveries(1, ''sending'')', 0), (format('list_deliveries(%s)', v_small), 20),
      (format('list_deliveries(%s, ''delivered'')', v_small), 20), (format('list_deliveries(%s, ''pending'')', v_small), 20),
      (format('list_deliveries(1, null, %s)', v_hook), 20), (format('list_deliveries(1, ''pending'', %s)', v_hook), 20),
      (format('list_deliveries(1, p_before_id => %s)', v_middle), 20), (format('list_deliveries(1, p_alert_id => %s)', v_alert), 10),
      ('list_deliveries(1, p_since => now() - interval ''10 hours'', p_until => now() - interval ''9 hours'')', 20),
      (format('get_delivery(1, %s)', v_middle), 1), (format('get_delivery(1, %s)', v_fresh), 1),
      (format('list_attempts(1, %s)', v_middle), 1), (format('why_not_delivered(%s, %s)', v_alert, v_hook), 1),
      ('count_deliveries(1)', 1), ('count_deliveries(1, ''pending'')', 1), ('count_deliveries(1, ''failed'')', 1),
      (format('retry_delivery(%s)', v_failed), 1)
    ) as c(call, n)
  loop
    v_before := pg_temp.rows_read();
    execute 'select count(*) from tocsin.' || v_case.call into v_rows;
    v_after := pg_temp.rows_read();
    assert v_rows = v_case.n, format('%s gave %s rows', v_case.call, v_rows);
    assert v_after.scanned = v_before.scanned, format('%s scanned a table: %s rows', v_case.call, v_after.scanned - v_before.scanned);
    assert v_after.found - v_before.found <= case when v_case.call like 'count_%' then 12000 else 3000 end,
      format('%s read %s rows', v_case.call, v_after.found - v_before.found);
  end loop;
end
$$;
