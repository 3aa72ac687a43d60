-- Figures of three levels that differ, so that it shows which one was read.
do $$
declare
  v_hook integer := pg_temp.make_webhook('a');
  v_other integer := pg_temp.make_tenant('other');
  v_now timestamptz := clock_timestamp();
  v_minute timestamptz := date_bin('1 minute', clock_timestamp(), '2000-01-01 00:00Z');
  v_days integer; v_case record; r record;
begin
  perform tocsin_internal.keep_history_partitions(v_now - interval '89 days', v_now);
  insert into tocsin_data.history (step_seconds, starts_at, tenant_id, webhook_id, attempts, delivered, given_up, cancelled,
      queue_depth, oldest_due_seconds, breaker_open_seconds, rate_limited_seconds, latency_buckets, latency_counts)
    select s.step, date_bin(s.step * interval '1 second', v_now - d.days * interval '1 day', '2000-01-01 00:00Z'), t.tenant_id, w.webhook_id,
           s.step, s.step - 10, 2, 1, 5, 2.5, 5, 0, '{11,21}', array[s.step - 20, 10]
      from (values (60, 6), (300, 29), (3600, 88)) as s(step, kept)
     cross join generate_series(1, 88) as d(days)
     cross join (values (1, v_hook), (1, 0), (0, 0)) as w(tenant_id, webhook_id) cross join lateral (select w.tenant_id) t
     where d.days <= s.kept;

  -- The level and the number of points follow from the span.
  for v_case in
    select * from (values
      ('15 minutes', '0', 60, 0), ('12 hours', '0', 60, 0), ('13 hours', '0', 120, 0), ('24 hours', '0', 120, 0), ('6 days', '0', 900, 5),
      ('7 days', '0', 900, 6), ('29 days', '0', 3600, 28), ('90 days', '0', 14400, 88),
      ('10 days 1 hour', '10 days', 300, 1), ('40 days 1 hour', '39 days', 3600, 1)) as c(since, until, step, found)
  loop
    select count(*) as points, min(t.at) as first, min(t.at) filter (where n = 2) - min(t.at) as step, count(*) filter (where t.attempts > 0) as found
      into r from tocsin.get_timeseries(1, null, v_now - v_case.since::interval, v_now - v_case.until::interval) with ordinality
        as t(at, delivered, failed, attempts, given_up, cancelled, p50, p95, p99, depth, due, breaker, rate, n);
    assert extract(epoch from r.step) = v_case.step, format('%s: %s', v_case.since, r.step);
    assert r.first <= v_now - v_case.since::interval and r.first > v_now - v_case.since::interval - r.step, format('%s begins at %s', v_case.since, r.first);
    assert r.points between 1 and 721, r.points::text;
    assert r.found >= v_case.found, format('%s: %s found, %s', v_case.since, r.found, v_case.found);
  end loop;

  -- One point: what its period holds, at the level that fits.
  select * into r from tocsin.get_timeseries(1, v_hook, v_now - interval '3 days', v_now, 300) t where t.attempts > 0 limit 1;
  assert (r.attempts, r.delivered, r.failed, r.given_up, r.cancelled, r.queue_depth, r.oldest_due_seconds, r.breaker_open_seconds)
       = (300, 290, 10, 2, 1, 5, 2.5, 5), r::text;
  assert (r.p50_ms, r.p95_ms) = (10, 10) and r.p99_ms between 25 and 26, r::text;
  assert (select max(t.attempts) = 60 from tocsin.get_timeseries(1, v_hook, v_now - interval '3 days', v_now, 120) t), 'minutes make two minutes';
  assert (select max(t.attempts) = 3600 from tocsin.get_timeseries(1, v_hook, v_now - interval '3 days', v_now, 86400) t), 'hours make days';
  assert (select max(t.attempts) is null or max(t.attempts) = 0 from tocsin.get_timeseries(v_other, v_hook, v_now - interval '3 days', v_now) t), 'another tenant''s';

  -- Empty periods are zeros; what nobody measured is null.
  select * into r from tocsin.get_timeseries(1, null, v_now - interval '5 minutes') t order by t.at limit 1;
  assert (r.attempts, r.delivered) = (0, 0) and r.p50_ms is null and r.queue_depth is null;

  -- The newest minute has what was recorded a moment ago, folded or not, once.
  perform tocsin.maintain_partitions();
  perform tocsin.raise_alert('x', 'm') from generate_series(1, 3);
  perform pg_temp.work();
  perform tocsin.raise_alert('x', 'm');
  perform pg_temp.work('failed', 500, 'http_500');
  for v_round in 1..3 loop
    select sum(t.delivered) as delivered, sum(t.failed) as failed, max(t.p50_ms) as p50_ms into r
      from tocsin.get_timeseries(1, v_hook) t where t.at >= v_minute;
    assert (r.delivered, r.failed, r.p50_ms) = (3, 1, 12), format('round %s: %s', v_round, r);
    if v_round = 1 then perform tocsin_internal.fold_webhook_health(); else
      perform tocsin_internal.roll_up_history(clock_timestamp() + interval '3 minutes'); end if;
  end loop;
  perform tocsin_internal.sample_queue(clock_timestamp());
  assert (select bool_or(t.queue_depth = 1) from tocsin.get_timeseries(1) t where t.at >= v_minute), 'the retry waits';
  assert (select bool_or(t.queue_depth = 0) from tocsin.get_timeseries(v_other) t where t.at >= v_minute), 'sampled, and nothing waits';

  for v_case in
    select * from (values
      ('1, null, now(), now() - interval ''1 hour''', '/since'), ('1, null, now() - interval ''1 hour'', now(), 90', '/step_seconds'),
      ('1, null, now() - interval ''1 hour'', now(), 0', '/step_seconds'), ('1, null, now() - interval ''9 days'', now(), 60', '/step_seconds'),
      ('1, null, now() - interval ''40 days'', now(), 300', '/step_seconds'), ('1, null, now() - interval ''2000 days'', now(), 3600', '/step_seconds'),
      ('1, null, now() - interval ''2000 days'', now(), 86460', '/step_seconds')) as c(args, pointer)
  loop
    assert pg_temp.failure_of('select * from tocsin.get_timeseries(' || v_case.args || ')') = 'INVLD ' || v_case.pointer, v_case.args;
  end loop;
  assert pg_temp.failure_of('select * from tocsin.get_timeseries(1, null, now() - interval ''7 days'', now(), 60)') is null, 'all that is kept';
end
$$;
