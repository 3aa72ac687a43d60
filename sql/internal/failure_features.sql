-- Shares of failures are logits against 2 %, drawn there by five attempts' worth of belief, so that few attempts say little and
-- none says nothing; latencies are logarithms of the geometric mean, drawn to no change by ten deliveries' worth. The last
-- quarter of an hour and the hour are in five minutes, the day before in hours. A new feature goes to the end, and the weights
-- are fitted anew: bench/failure_risk.ts.
create function tocsin_internal.failure_features(p_tenant_id integer, p_webhook_ids integer[], p_now timestamptz)
returns table (webhook_id integer, figures tocsin_internal.failure_figures, features double precision[])
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_quarter timestamptz := date_bin('5 minutes', p_now - interval '15 minutes', '2000-01-01 00:00Z');
  v_hour timestamptz := date_bin('5 minutes', p_now - interval '1 hour', '2000-01-01 00:00Z');
  v_day_end timestamptz := date_bin('1 hour', v_hour, '2000-01-01 00:00Z');
begin
  return query
    with periods as materialized (
      select h.webhook_id, h.step_seconds, h.starts_at, h.attempts, h.delivered, h.breaker_open_seconds as open_seconds,
             tocsin_internal.log_latency(h.latency_buckets, h.latency_counts) as log_ms
        from unnest(p_webhook_ids) as w(webhook_id)
       cross join lateral (
         (select * from tocsin_data.history o where o.tenant_id = p_tenant_id and o.webhook_id = w.webhook_id
             and o.step_seconds = 300 and o.starts_at >= v_hour and o.starts_at < p_now limit 20)
         union all
         (select * from tocsin_data.history o where o.tenant_id = p_tenant_id and o.webhook_id = w.webhook_id
             and o.step_seconds = 3600 and o.starts_at >= v_day_end - interval '24 hours' and o.starts_at < v_day_end limit 30)) h
      union all
      select u.webhook_id, 300, u.minute_at, coalesce(u.attempts, 0), coalesce(u.delivered, 0), coalesce(u.breaker_open_seconds, 0),
             u.delivered * ln(1 + (tocsin_internal.latency_bounds())[u.latency_bucket])
        from tocsin_internal.unrolled_history(p_tenant_id, null) u where u.minute_at >= v_hour and u.minute_at < p_now),
    sums as (
      select w.webhook_id, (
               coalesce(sum(p.attempts) filter (where p.step_seconds = 300 and p.starts_at >= v_quarter), 0),
               coalesce(sum(p.attempts - p.delivered) filter (where p.step_seconds = 300 and p.starts_at >= v_quarter), 0),
               coalesce(sum(p.attempts) filter (where p.step_seconds = 300), 0),
               coalesce(sum(p.attempts - p.delivered) filter (where p.step_seconds = 300), 0),
               coalesce(sum(p.attempts) filter (where p.step_seconds = 3600), 0),
               coalesce(sum(p.attempts - p.delivered) filter (where p.step_seconds = 3600), 0),
               coalesce(sum(p.open_seconds) filter (where p.step_seconds = 300 and p.starts_at >= v_quarter), 0),
               coalesce(sum(p.open_seconds) filter (where p.step_seconds = 300), 0),
               count(*) filter (where p.step_seconds = 3600
                 and (p.open_seconds > 0 or p.attempts >= 5 and p.attempts <= 2 * (p.attempts - p.delivered))),
               sum(p.log_ms) filter (where p.step_seconds = 300 and p.starts_at >= v_quarter),
               sum(p.log_ms) filter (where p.step_seconds = 300 and p.starts_at < v_quarter),
               sum(p.log_ms) filter (where p.step_seconds = 3600),
               coalesce(sum(p.delivered) filter (where p.step_seconds = 300 and p.starts_at >= v_quarter), 0),
               coalesce(sum(p.delivered) filter (where p.step_seconds = 300 and p.starts_at < v_quarter), 0),
               coalesce(sum(p.delivered) filter (where p.step_seconds = 3600), 0))::tocsin_internal.failure_figures as f
        from unnest(p_webhook_ids) as w(webhook_id) left join periods p on p.webhook_id = w.webhook_id group by w.webhook_id)
    select s.webhook_id, s.f, tocsin_internal.failure_scores(s.f) from sums s order by s.webhook_id;
end
$$;
comment on function tocsin_internal.failure_features(integer, integer[], timestamptz) is
  'What the history of webhooks says of the chance that they fail in the hour from p_now on: counts, and the scores that failure_weights() weighs.';
