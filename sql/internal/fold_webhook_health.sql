-- One writer at a time; who finds another at it leaves. Deltas hold only successes of webhooks that were well, so the
-- streak of failures needs no look: adding in any order gives the same row.
create function tocsin_internal.fold_webhook_health() returns integer
language plpgsql volatile as $$
declare
  v_folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('tocsin.fold_webhook_health')) then return 0; end if;
  with taken as (
    delete from tocsin_data.webhook_health_deltas d
     where d.delta_id in (select t.delta_id from tocsin_data.webhook_health_deltas t order by t.delta_id limit 2000)
    returning d.recorded_at, d.webhook_ids, d.response_ms),
  sums as materialized (
    select r.webhook_id, count(*)::integer as delivered, avg(r.response_ms)::real as response_ms_avg,
           max(r.response_ms) as response_ms_max, max(t.recorded_at) as used_at
      from taken t cross join lateral unnest(t.webhook_ids, t.response_ms) as r(webhook_id, response_ms)
     group by r.webhook_id),
  locked as materialized (
    select m.webhook_id, s.delivered, s.response_ms_avg, s.response_ms_max, s.used_at, m.recent_failure_rate * power(0.96, s.delivered) as rate
      from tocsin_data.webhook_health_metrics m join sums s on s.webhook_id = m.webhook_id
     order by m.webhook_id for update of m)
  update tocsin_data.webhook_health_metrics m
     set total_deliveries = m.total_deliveries + k.delivered,
         successful_deliveries = m.successful_deliveries + k.delivered,
         recent_failure_rate = k.rate,
         avg_response_time_ms = coalesce(m.avg_response_time_ms * 0.9 + k.response_ms_avg * 0.1, k.response_ms_avg),
         max_response_time_ms = greatest(m.max_response_time_ms, k.response_ms_max),
         last_status_code = case when k.used_at >= coalesce(m.last_used_at, k.used_at) then 200 else m.last_status_code end,
         last_used_at = greatest(m.last_used_at, k.used_at),
         last_success_at = greatest(m.last_success_at, k.used_at),
         health_status = s.status,
         status_changed_at = case when s.status <> m.health_status then k.used_at else m.status_changed_at end
    from locked k cross join lateral (
      select m2.health_status, case
          when m2.breaker_state = 'open' or m2.consecutive_failures >= 5 then 'unavailable'
          when m2.breaker_state = 'half_open' or m2.consecutive_failures >= 2 or k.rate > 0.1 then 'degraded'
          else 'healthy' end as status
        from tocsin_data.webhook_health_metrics m2 where m2.webhook_id = k.webhook_id) s
   where m.webhook_id = k.webhook_id;
  get diagnostics v_folded = row_count;
  return v_folded;
end
$$;
comment on function tocsin_internal.fold_webhook_health() is
  'Adds the rows of webhook_health_deltas to webhook_health_metrics and deletes them; returns how many webhooks changed.';
