-- However much history there is, what is asked reads what it shows and no more, by index: never a table from end to end.
create function pg_temp.rows_read(out scanned bigint, out found bigint) language sql as $$
  select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'r'), 0),
         coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'i'), 0)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'tocsin_data' and c.relname ~ '^(history_(minutes|five_minutes|hours)|alert_hours|alert_type_counts|alerts|alert_delivery_log)'
$$;
do $$
begin
  perform tocsin.maintain_partitions();
  perform tocsin_internal.keep_history_partitions(now() - interval '40 days', now());
  perform pg_temp.make_webhook('w' || i, p_events => '{none}') from generate_series(1, 100) i;
end
$$;
set local session_replication_role = replica;
insert into tocsin_data.history (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled, queue_depth,
    oldest_due_seconds, breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
  select s.step, g.at, t.tenant_id, w.webhook_id, 20, 19, 0, 0, 1, 0.5, 0, 0, '{20,22,24}', '{8,8,3}'
    from (values (60, '6 hours'), (300, '2 days'), (3600, '40 days')) as s(step, span)
   cross join lateral generate_series(date_bin(s.step * interval '1 second', now(), '2000-01-01 00:00Z') - s.span::interval, now(), s.step * interval '1 second') as g(at)
   cross join (select webhook_id, 1 as tenant_id from tocsin_data.webhooks union all values (0, 1), (0, 0)) w cross join lateral (select w.tenant_id) t;
insert into tocsin_data.alert_type_counts
  select 1, 't' || k, g.at, 5 from generate_series(1, 10) k
   cross join generate_series(date_bin('5 minutes', now(), '2000-01-01 00:00Z') - interval '9 days', now(), '5 minutes') as g(at);
-- 60,000 alerts of which all but the last hundred are counted and acknowledged; 5,000 with a delivery given up.
insert into tocsin_data.alerts (alert_id, tenant_id, alert_type, severity, message, payload, status, delivery_count, created_at)
  select tocsin_internal.id_at(now() - interval '20 hours' + i * interval '1.2 seconds'), 1, 't1', 'INFO', 'm', '{}',
         case when i > 59900 then 'pending' else 'acknowledged' end, 1, now() from generate_series(1, 60000) i;
insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, bucket, attempt, status)
  select tocsin_internal.id_at(now() - interval '20 hours' + i * interval '1.2 seconds') + 5,
         tocsin_internal.id_at(now() - interval '20 hours' + i * interval '1.2 seconds'), now(), 1, 1, 1, 1,
         case when i % 12 = 0 then 'failed' else 'delivered' end from generate_series(1, 60000) i;
set local session_replication_role = origin;
do $$
declare
  v_bound bigint := (select alert_id from tocsin_data.alerts order by alert_id desc offset 99 limit 1);
  v_hook integer := (select min(webhook_id) from tocsin_data.webhooks);
  v_case record; v_before record; v_after record; v_rows bigint;
begin
  perform tocsin_internal.tally_chunk(0, v_bound);
  update tocsin_data.history_state set counted_before_id = v_bound;
  for v_case in
    select * from (values
      -- call, rows, the most entries of indexes that it may read
      ('get_timeseries(1)', 16, 100), (format('get_timeseries(1, %s)', v_hook), 16, 100),
      (format('get_timeseries(1, %s, now() - interval ''6 hours'')', v_hook), 361, 800),
      (format('get_timeseries(1, %s, now() - interval ''8 days'', now(), 3600)', v_hook), 193, 500),
      ('get_dashboard_performance(1)', 1, 50), ('list_dashboard_webhooks(1)', 100, 1800),
      ('get_alert_summary(1)', 1, 9000), ('get_dashboard_overview(1)', 1, 9000),
      -- Thirteen periods of the window, and at most the hours of eight days, of which 38 are compared with them.
      ('list_anomalies(1)', 0, 100 * (13 + 193) + 10 * 500)
    ) as c(call, n, most)
  loop
    for v_round in 1..2 loop
      v_before := pg_temp.rows_read();
      execute 'select count(*) from tocsin.' || v_case.call into v_rows;
      v_after := pg_temp.rows_read();
    end loop;
    assert v_rows between v_case.n - 1 and v_case.n + 1, format('%s gave %s rows', v_case.call, v_rows);
    assert v_after.scanned = v_before.scanned, format('%s scanned a table: %s rows', v_case.call, v_after.scanned - v_before.scanned);
    assert v_after.found - v_before.found between 1 and v_case.most, format('%s read %s rows', v_case.call, v_after.found - v_before.found);
  end loop;
  assert (select s.total = 60000 and s.pending = 100 and s.failed = 5000 from tocsin.get_alert_summary(1) s);

  -- The plan says the same: of all partitions one, by its key.
  execute format('create function pg_temp.plan() returns setof text language plpgsql as %L', format($f$ begin return query
    explain select * from tocsin_data.history h where h.tenant_id = 1 and h.webhook_id = %s and h.step_seconds = 60
      and h.starts_at >= now() - interval '10 minutes'; end $f$, v_hook));
  assert (select count(*) filter (where p ~ 'Seq Scan') = 0 and count(*) filter (where p ~ 'Scan.* on history_minutes') between 1 and 3
            and count(*) filter (where p ~ 'history_hours|history_five') = 0 from pg_temp.plan() p);
end
$$;
