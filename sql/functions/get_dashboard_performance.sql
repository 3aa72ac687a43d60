create or replace function tocsin.get_dashboard_performance(p_tenant_id integer, p_window_seconds integer default 900)
returns table (p50_latency_ms double precision, p95_latency_ms double precision, p99_latency_ms double precision,
  error_rate_percent double precision, deliveries_per_second double precision, delivered bigint, failed bigint,
  attempts bigint, queue_depth bigint, oldest_due_seconds double precision, window_seconds integer, generated_at timestamptz)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_step integer; v_since timestamptz;
begin
  if p_window_seconds is null or p_window_seconds not between 60 and 7776000 then
    raise exception using errcode = 'INVLD', column = '/window_seconds', message = 'window_seconds must be from 60 to 7,776,000 (90 days).';
  end if;
  v_step := tocsin_internal.choose_step(v_now - p_window_seconds * interval '1 second', v_now);
  v_since := date_bin(v_step * interval '1 second', v_now - p_window_seconds * interval '1 second', '2000-01-01 00:00Z');
  return query
    with steps as materialized (select * from tocsin_internal.read_history(p_tenant_id, 0, v_since, v_now, v_step)),
    merged as (
      select array_agg(m.bucket order by m.bucket) as buckets, array_agg(m.n order by m.bucket) as counts
        from (select b.bucket, sum(b.n)::bigint as n
                from steps s cross join lateral unnest(s.latency_buckets, s.latency_counts) as b(bucket, n) group by b.bucket) m),
    figures as (
      select coalesce(sum(s.delivered), 0)::bigint as delivered, coalesce(sum(s.attempts), 0)::bigint as attempts from steps s)
    select round(l.ms[1]::numeric, 1)::double precision, round(l.ms[2]::numeric, 1)::double precision,
           round(l.ms[3]::numeric, 1)::double precision,
           round(100.0 * (f.attempts - f.delivered) / nullif(f.attempts, 0), 2)::double precision,
           round((f.delivered / date_part('epoch', v_now - v_since))::numeric, 2)::double precision,
           f.delivered, f.attempts - f.delivered, f.attempts, w.queue_depth, round(w.oldest_due_seconds::numeric, 1)::double precision,
           round(date_part('epoch', v_now - v_since))::integer, v_now
      from figures f cross join merged m
     cross join lateral tocsin_internal.latency_percentiles(m.buckets, m.counts, '{0.5,0.95,0.99}') as l(ms)
     cross join tocsin_internal.waiting_now(p_tenant_id) w;
end
$$;
comment on function tocsin.get_dashboard_performance(integer, integer) is
  'How a tenant''s deliveries went in the last p_window_seconds (window_seconds says how many they were: it begins at a full minute, or step of the history): latency of delivered attempts, share of attempts that failed (null when there were none), and what waits now. Raises INVLD.';
