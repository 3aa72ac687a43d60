create or replace function tocsin.get_timeseries(
  p_tenant_id integer, p_webhook_id integer default null, p_since timestamptz default null, p_until timestamptz default null,
  p_step_seconds integer default null)
returns table (at timestamptz, delivered bigint, failed bigint, attempts bigint, given_up bigint, cancelled bigint,
  p50_ms double precision, p95_ms double precision, p99_ms double precision, queue_depth integer,
  oldest_due_seconds double precision, breaker_open_seconds double precision, rate_limited_seconds double precision)
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  v_until timestamptz := coalesce(p_until, clock_timestamp());
  v_since timestamptz := coalesce(p_since, v_until - interval '15 minutes');
  v_step integer := coalesce(p_step_seconds, tocsin_internal.choose_step(v_since, v_until));
  v_webhook_id integer := coalesce(p_webhook_id, 0);
begin
  perform tocsin_internal.check_step(v_since, v_until, v_step);
  v_since := date_bin(v_step * interval '1 second', v_since, '2000-01-01 00:00Z');
  return query
    with figures as materialized (
      select * from tocsin_internal.read_history(p_tenant_id, v_webhook_id, v_since, v_until, v_step)),
    sampled as materialized (select * from tocsin_internal.sampled_steps(v_since, v_until, v_step) as s(at))
    select g.at, coalesce(f.delivered, 0), coalesce(f.attempts - f.delivered, 0), coalesce(f.attempts, 0), coalesce(f.given_up, 0),
           coalesce(f.cancelled, 0), round(l.ms[1]::numeric, 1)::double precision, round(l.ms[2]::numeric, 1)::double precision,
           round(l.ms[3]::numeric, 1)::double precision,
           -- Where a sample was taken and has nothing of this webhook, nothing waited.
           coalesce(f.queue_depth, case when s.at is not null then 0 end),
           round(coalesce(f.oldest_due_seconds, case when s.at is not null then 0 end)::numeric, 1)::double precision,
           coalesce(f.breaker_open_seconds, 0)::double precision, coalesce(f.rate_limited_seconds, 0)::double precision
      from generate_series(v_since, v_until, v_step * interval '1 second') as g(at)
      left join figures f on f.at = g.at
      left join sampled s on s.at = g.at
     cross join lateral tocsin_internal.latency_percentiles(f.latency_buckets, f.latency_counts, '{0.5,0.95,0.99}') as l(ms)
     where g.at < v_until
     order by g.at;
end
$$;
comment on function tocsin.get_timeseries(integer, integer, timestamptz, timestamptz, integer) is
  'What happened from p_since (15 minutes ago) to p_until (now), for one webhook or all of a tenant, in steps of a multiple of 60 seconds (fitting the span unless given), to the second. attempts = delivered + failed; given_up and cancelled count deliveries that ended so. Latencies are those of delivered attempts, null where there are none; queue_depth and oldest_due_seconds are the largest sample, null where none was taken. Minutes are kept for 7 days, five minutes for 30, hours for 90. Raises INVLD.';
