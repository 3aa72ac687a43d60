do $$
declare
  v_a integer; v_b integer; v_gone integer; v_other integer := pg_temp.make_tenant('other'); w record;
begin
  perform tocsin.maintain_partitions();
  v_a := pg_temp.make_webhook('a', p_events => '{a}');
  v_b := pg_temp.make_webhook('b', p_events => '{b}');
  v_gone := pg_temp.make_webhook('gone');
  perform tocsin.delete_webhook(1, v_gone);
  perform pg_temp.make_webhook('theirs', v_other);
  assert (select count(*) = 2 and bool_and(l.health_status = 'unknown' and l.sparkline = array_fill(0, '{15}') and l.p95_ms is null)
            from tocsin.list_dashboard_webhooks(1) l);

  perform tocsin.raise_alert('a', 'm') from generate_series(1, 4);
  perform pg_temp.work();
  update tocsin_data.webhook_health_deltas set recorded_at = recorded_at - interval '3 minutes';
  perform tocsin_internal.fold_webhook_health();
  perform tocsin_internal.roll_up_history(clock_timestamp());
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 2);
  perform pg_temp.work();
  perform tocsin_internal.fold_webhook_health();
  perform tocsin.raise_alert('a', 'm');
  perform pg_temp.work();
  perform tocsin.raise_alert('b', 'm');
  perform pg_temp.work('failed', 500, 'http_500');
  select * into w from tocsin.list_dashboard_webhooks(1) l where l.id = v_a;
  assert (w.name, w.health_status, w.delivered, w.failed, w.p95_ms, w.success_rate_percent) = ('a', 'healthy', 7, 0, 12, 100), w::text;
  -- The minute may have turned meanwhile.
  assert w.sparkline in (array_fill(0, '{11}') || '{4,0,0,3}', array_fill(0, '{10}') || '{4,0,0,3,0}', array_fill(0, '{10}') || '{4,0,0,2,1}'), w.sparkline::text;
  select * into w from tocsin.list_dashboard_webhooks(1) l where l.id = v_b;
  assert (w.delivered, w.failed, w.consecutive_failures, w.last_status_code, w.last_error, w.pending_deliveries, w.success_rate_percent)
       = (0, 1, 1, 500, 'http_500', 1, 0), w::text;
  assert (select sum(n) = 1 from unnest(w.failed_sparkline) n) and cardinality(w.failed_sparkline) = 15;
  assert (select array_agg(l.id) = array[v_b] from tocsin.list_dashboard_webhooks(1, v_a) l);
  assert (select array_agg(l.id) = array[v_a] from tocsin.list_dashboard_webhooks(1, p_limit => 1) l);
end
$$;
