do $$
declare
  p record;
begin
  perform tocsin.maintain_partitions();
  select * into p from tocsin.get_dashboard_performance(1);
  assert (p.delivered, p.failed, p.attempts, p.queue_depth, p.deliveries_per_second, p.oldest_due_seconds) = (0, 0, 0, 0, 0, 0), p::text;
  assert p.p50_latency_ms is null and p.error_rate_percent is null and p.window_seconds between 900 and 961;

  perform pg_temp.make_webhook('hook');
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 10);
  perform pg_temp.work();
  -- What was measured an hour ago counts only where an hour is asked for.
  update tocsin_data.webhook_health_deltas set recorded_at = recorded_at - interval '50 minutes', response_ms = array_fill(1000, '{10}');
  perform tocsin_internal.fold_webhook_health();
  perform tocsin_internal.roll_up_history(clock_timestamp() + interval '2 minutes');
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 9);
  perform pg_temp.work();
  perform tocsin.raise_alert('a', 'm');
  perform pg_temp.work('failed', 500, 'http_500');
  select * into p from tocsin.get_dashboard_performance(1, 60);
  assert (p.delivered, p.failed, p.attempts, p.error_rate_percent, p.p50_latency_ms, p.p99_latency_ms, p.queue_depth) = (9, 1, 10, 10, 12, 12, 1), p::text;
  assert p.window_seconds between 60 and 121 and abs(p.deliveries_per_second - 9.0 / p.window_seconds) < 0.02;
  select * into p from tocsin.get_dashboard_performance(1, 3600);
  assert (p.delivered, p.attempts) = (19, 20) and p.p50_latency_ms between 939 and 1023 and p.error_rate_percent = 5, p::text;
  assert pg_temp.failure_of('select tocsin.get_dashboard_performance(1, 59)') = 'INVLD /window_seconds';
  assert pg_temp.failure_of('select tocsin.get_dashboard_performance(1, null)') = 'INVLD /window_seconds';
  assert pg_temp.failure_of('select tocsin.get_dashboard_performance(1, 7776000)') is null;
end
$$;
