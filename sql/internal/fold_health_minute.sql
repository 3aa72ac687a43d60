-- Deltas hold only successes of webhooks that were well, so the streak of failures needs no look: adding in any order gives
-- the same row. A health row that recording has locked is not waited for: its results become a delta again, for the next
-- round. The history gets the others in the same statement: what is folded is in it once, what is not is still here.
create function tocsin_internal.fold_health_minute(p_minute_at timestamptz) returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_folded integer; v_slow integer[];
begin
  with taken as materialized (
    delete from tocsin_data.webhook_health_deltas d
     where d.recorded_at >= p_minute_at and d.recorded_at < p_minute_at + interval '1 minute'
       and d.delta_id in (select t.delta_id from tocsin_data.webhook_health_deltas t order by t.delta_id limit 2000)
    returning d.recorded_at, d.webhook_ids, d.response_ms),
  cells as materialized (
    select r.webhook_id, tocsin_internal.latency_bucket(r.response_ms) as latency_bucket, count(*)::integer as n,
           sum(r.response_ms) as response_ms_sum, max(r.response_ms) as response_ms_max, max(t.recorded_at) as used_at
      from taken t cross join lateral unnest(t.webhook_ids, t.response_ms) as r(webhook_id, response_ms) group by 1, 2),
  sums as materialized (
    select c.webhook_id, sum(c.n)::integer as delivered, (sum(c.response_ms_sum) / sum(c.n))::real as response_ms_avg,
           max(c.response_ms_max) as response_ms_max, max(c.used_at) as used_at,
           exp(sum(c.n * ln(1 + c.response_ms_sum::real / c.n)) / sum(c.n)) - 1 as latency_ms from cells c group by c.webhook_id),
  locked as materialized (
    select m.webhook_id, m.tenant_id, s.delivered, s.response_ms_avg, s.response_ms_max, s.used_at, m.breaker_state,
           m.consecutive_failures, tocsin_internal.failure_rate(m.recent_failure_rate, s.delivered, 0) as rate,
           tocsin_internal.blend_latency(m.latency_now_ms, s.latency_ms, 1 - power(0.9, least(50, s.delivered))) as now_ms,
           tocsin_internal.blend_latency(m.latency_usual_ms, s.latency_ms, 1.0 / least(600, m.latency_folds + 1)) as usual_ms
      from sums s join tocsin_data.webhook_health_metrics m on m.webhook_id = s.webhook_id
     order by m.webhook_id for no key update of m skip locked),
  left_over as (
    insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
      select max(t.recorded_at), array_agg(r.webhook_id), array_agg(r.response_ms)
        from taken t cross join lateral unnest(t.webhook_ids, t.response_ms) as r(webhook_id, response_ms)
       where (select count(*) from locked) < (select count(*) from sums)
         and r.webhook_id not in (select k.webhook_id from locked k)
         and exists (select from tocsin_data.webhook_health_metrics m where m.webhook_id = r.webhook_id) having count(*) > 0),
  staged as (select tocsin_internal.stage_deliveries(p_minute_at, array_agg(k.tenant_id), array_agg(c.webhook_id),
      array_agg(c.latency_bucket), array_agg(c.n)) as is_staged from cells c join locked k on k.webhook_id = c.webhook_id),
  changed as (
    update tocsin_data.webhook_health_metrics m
       set total_deliveries = m.total_deliveries + k.delivered,
           successful_deliveries = m.successful_deliveries + k.delivered,
           recent_failure_rate = k.rate,
           avg_response_time_ms = coalesce(m.avg_response_time_ms * 0.9 + k.response_ms_avg * 0.1, k.response_ms_avg),
           max_response_time_ms = greatest(m.max_response_time_ms, k.response_ms_max),
           latency_now_ms = k.now_ms, latency_usual_ms = k.usual_ms, latency_folds = least(600, m.latency_folds + 1),
           last_status_code = case when k.used_at >= coalesce(m.last_used_at, k.used_at) then 200 else m.last_status_code end,
           last_used_at = greatest(m.last_used_at, k.used_at),
           last_success_at = greatest(m.last_success_at, k.used_at),
           health_status = k.status,
           status_changed_at = case when k.status <> m.health_status then k.used_at else m.status_changed_at end
      -- What the status depends on comes from the row as it was locked, not from the statement's older snapshot.
      from (select l.*, tocsin_internal.health_status(l.breaker_state, l.consecutive_failures, l.rate) as status
              from locked l cross join staged) k
     where m.webhook_id = k.webhook_id
    -- Where less than half of the slots are in use (Little's law), fewer of them would change nothing.
    returning m.webhook_id, tocsin_internal.is_slow(m.latency_now_ms, m.latency_usual_ms, m.latency_folds)
      and k.delivered * k.response_ms_avg / 1000 >= (select least(l.slots_max, l.max_in_flight) / 2.0 from tocsin_data.webhook_lanes l
        where l.bucket = (m.webhook_id & 63)::smallint and l.webhook_id = m.webhook_id) as is_slow)
  select count(*), array_agg(c.webhook_id) filter (where c.is_slow) into v_folded, v_slow from changed c;
  if v_slow is not null then perform tocsin_internal.slow_lanes(v_slow); end if;
  return v_folded;
end
$$;
comment on function tocsin_internal.fold_health_minute(timestamptz) is
  'Adds the rows of webhook_health_deltas that were recorded in a minute to webhook_health_metrics and history_deltas, and deletes them; slows down webhooks whose latency rose; returns how many webhooks changed.';
