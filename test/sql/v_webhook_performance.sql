do $$
declare
  v_hook integer := pg_temp.make_webhook('a', p_events => '{x}', p_max_retries => 0);
  v_idle integer := pg_temp.make_webhook('b', p_events => '{never}');
  p record;
begin
  perform tocsin.raise_alert('x', i::text) from generate_series(1, 10) i;
  assert pg_temp.work(p_limit => 9) = 9 and pg_temp.work('failed', 500, 'http_500: no') = 1;
  update tocsin_data.alert_delivery_log l set response_ms = 10 * r.n
    from (select g.delivery_id, row_number() over (order by g.delivery_id) as n from tocsin_data.alert_delivery_log g) r
   where l.delivery_id = r.delivery_id;
  select * into p from tocsin.v_webhook_performance v where v.webhook_id = v_hook;
  assert p.attempts = 10 and p.failed_attempts = 1 and p.error_rate_percent = 10 and p.max_ms = 100, p::text;
  assert p.p50_ms = 55 and p.p95_ms between 95 and 96 and p.p99_ms between 99 and 100 and p.since_at >= now(), p::text;
  select * into p from tocsin.v_webhook_performance v where v.webhook_id = v_idle;
  assert p.attempts = 0 and p.error_rate_percent is null and p.p99_ms is null;

  -- Only the last 24 hours count, and only the newest 1,000 of them.
  update tocsin_data.alert_delivery_log l set attempted_at = now() - interval '25 hours' where l.response_ms > 80;
  select * into p from tocsin.v_webhook_performance v where v.webhook_id = v_hook;
  assert p.attempts = 8 and p.max_ms = 80;
  insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms, status_code,
      bucket, attempt, status)
    select tocsin_internal.next_id(), 1, now(), v_hook, 1, 1, 200, v_hook & 63, 1, 'delivered' from generate_series(1, 1200);
  select * into p from tocsin.v_webhook_performance v where v.webhook_id = v_hook;
  assert p.attempts = 1000 and p.p99_ms = 1 and p.failed_attempts = 0;
end
$$;
