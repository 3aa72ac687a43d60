-- After an alert that went to thousands of webhooks, lists of what waits cost what reading the queue once costs, not a look into
-- each lane; and both ways of looking find the same.
create function pg_temp.rows_read() returns bigint language sql as $$
  select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)), 0)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'tocsin_data' and c.relname ~ '^(alert_delivery_(queue|parked|retries)|webhook_lanes)'
$$;

insert into tocsin_data.webhooks (tenant_id, name, url, events)
  select case when i % 1000 = 0 then pg_temp.make_tenant('small' || i) else 1 end, 'hook ' || i, 'https://example.com/' || i, '{nothing}'
    from generate_series(1, 3000) i;
set local session_replication_role = replica;
-- Two deliveries a webhook, seconds to an hour old; of each tenth webhook the older one is a retry, of each hundredth both are parked.
create temporary table waiting as
  select w.tenant_id, w.webhook_id, k, tocsin_internal.id_at(now() - (w.webhook_id * 7919 % 3000 + k * 400) * interval '1 second') + w.webhook_id
           as delivery_id, tocsin_internal.id_at(now() - interval '2 hours') + k as alert_id, w.webhook_id % 100 = 0 as is_parked,
         k = 1 and w.webhook_id % 10 = 0 as is_retry
    from tocsin_data.webhooks w cross join generate_series(0, 1) k;
insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
  select tocsin_internal.id_time(delivery_id) + case when is_retry then interval '5 minutes' else '0' end, delivery_id, alert_id, webhook_id,
         tenant_id, webhook_id & 63, case when is_retry then 2 else 1 end
    from waiting where not is_parked;
insert into tocsin_data.alert_delivery_parked (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
  select tocsin_internal.id_time(delivery_id) + case when is_retry then interval '5 minutes' else '0' end, delivery_id, alert_id, webhook_id,
         tenant_id, webhook_id & 63, case when is_retry then 2 else 1 end
    from waiting where is_parked;
update tocsin_data.webhook_lanes set parked = true where webhook_id % 100 = 0;
set local session_replication_role = origin;

do $$
declare
  v_some bigint := (select max(delivery_id) from waiting where tenant_id = 1 and k = 0);
  v_case record; v_before bigint; v_read bigint; v_rows bigint;
begin
  for v_case in
    select * from (values ('list_deliveries(1)', 20, 8000), ('list_deliveries(1, ''pending'')', 20, 8000),
      ('list_deliveries(1, ''pending'', p_offset => 500)', 20, 10000), (format('list_deliveries(1, p_before_id => %s)', v_some), 20, 8000),
      ('count_deliveries(1, ''pending'')', 1, 8000), (format('get_delivery(1, %s)', v_some), 1, 8000),
      ('get_dashboard_overview(1)', 1, 20000)) as c(call, n, most)
  loop
    v_before := pg_temp.rows_read();
    execute 'select count(*) from tocsin.' || v_case.call into v_rows;
    v_read := pg_temp.rows_read() - v_before;
    assert v_rows = v_case.n, format('%s gave %s rows', v_case.call, v_rows);
    assert v_read <= v_case.most, format('%s read %s rows', v_case.call, v_read);
  end loop;
  assert (select count_deliveries = (select count(*) from waiting where tenant_id = 1) from tocsin.count_deliveries(1, 'pending'));
  assert (select pending_deliveries = (select count(*) from waiting where tenant_id = 1) and oldest_due_seconds between 3300 and 3500
            from tocsin.get_dashboard_overview(1));
end
$$;

-- Each way, for pages of every kind: the first, one further on, of a window, of one alert; with retries and without.
do $$
declare
  v_lanes integer[] := (select array_agg(webhook_id) from tocsin_data.webhooks where tenant_id = 1);
  v_ids bigint[] := (select array_agg(delivery_id order by delivery_id desc) from waiting where tenant_id = 1);
  v_alert bigint := (select max(alert_id) from waiting);
  v_page record; v_expected bigint[]; v_walked bigint[]; v_scanned bigint[];
begin
  for v_page in
    select * from (values (null::bigint, 0::bigint, 9007199254740991), (null, 0, v_ids[700]), (null, v_ids[40], v_ids[20]), (v_alert, 0, v_ids[9]))
        as p(alert_id, from_id, before_id)
     cross join (values (1), (20), (5000)) as l(wanted) cross join (values (true), (false)) as r(with_retries)
  loop
    v_expected := array(select w.delivery_id from waiting w
      where w.tenant_id = 1 and w.delivery_id >= v_page.from_id and w.delivery_id < v_page.before_id
        and (v_page.with_retries or not w.is_retry) and (v_page.alert_id is null or w.alert_id = v_page.alert_id)
      order by w.delivery_id desc limit v_page.wanted);
    v_walked := array(select f.delivery_id from tocsin_internal.walk_waiting(v_lanes, v_page.alert_id, v_page.from_id, v_page.before_id,
      v_page.wanted, v_page.with_retries) f order by 1 desc);
    v_scanned := array(select f.delivery_id from tocsin_internal.scan_waiting(1, v_page.alert_id, v_page.from_id, v_page.before_id,
      v_page.wanted, v_page.with_retries) f order by 1 desc);
    assert v_walked = v_expected, format('walked %s: %s, not %s', v_page, cardinality(v_walked), cardinality(v_expected));
    assert v_scanned = v_expected, format('scanned %s: %s, not %s', v_page, cardinality(v_scanned), cardinality(v_expected));
  end loop;
  assert tocsin_internal.tenant_lanes(1, null) is null and cardinality(tocsin_internal.tenant_lanes(2, null)) = 1;
  assert tocsin_internal.waiting_lanes(1, 5000) @> (select array_agg(w.webhook_id) from waiting w where w.tenant_id = 1 and not w.is_parked);
end
$$;
