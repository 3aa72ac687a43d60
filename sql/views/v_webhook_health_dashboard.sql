create or replace view tocsin.v_webhook_health_dashboard as
select w.webhook_id, w.tenant_id, w.name, w.url, w.is_active,
       case when m.health_status = 'unknown' and u.delivered > 0 then 'healthy' else m.health_status end as health_status,
       m.breaker_state, case when m.blocked_until > now() then m.blocked_until end as blocked_until, w.disabled_reason,
       m.total_deliveries + coalesce(u.delivered, 0) as total_deliveries,
       m.successful_deliveries + coalesce(u.delivered, 0) as successful_deliveries,
       m.failed_deliveries,
       round(100.0 * (m.successful_deliveries + coalesce(u.delivered, 0))
         / nullif(m.total_deliveries + coalesce(u.delivered, 0), 0), 2)::double precision as success_rate_percent,
       m.consecutive_failures, round(m.avg_response_time_ms::numeric, 1)::double precision as avg_response_time_ms,
       greatest(m.last_used_at, u.last_used_at) as last_used_at, greatest(m.last_success_at, u.last_used_at) as last_success_at,
       m.last_failure_at, m.last_status_code, m.last_error,
       least(10000, q.waiting + coalesce(r.waiting, 0))::integer as pending_deliveries,
       least(l.slots_max, l.max_in_flight) as slots,
       case when l.slots_max is null or l.slots_max >= l.max_in_flight then null
            when m.breaker_state <> 'closed' then 'it is recovering from failures'
            when l.slowed_by = 'throttled' then 'it asked to be called less'
            when l.slowed_by = 'failures' then format('%s %% of its recent attempts failed', round(100 * m.recent_failure_rate))
            when l.slowed_by = 'latency'
              then format('its answers take %s ms and usually %s ms', round(m.latency_now_ms), round(m.latency_usual_ms))
       end as slowed_because
  from tocsin_data.webhooks w
  join tocsin_data.webhook_health_metrics m on m.webhook_id = w.webhook_id
  join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
  -- What was recorded within the last second or so and is not folded yet.
  left join (select d.webhook_id, count(*) as delivered, max(b.recorded_at) as last_used_at
               from tocsin_data.webhook_health_deltas b cross join lateral unnest(b.webhook_ids) as d(webhook_id)
              group by d.webhook_id) u on u.webhook_id = w.webhook_id
  left join (select t.webhook_id, count(*) as waiting from tocsin_data.alert_delivery_retries t group by t.webhook_id) r
    on r.webhook_id = w.webhook_id
 cross join lateral (
   select count(*) as waiting from (
     (select from tocsin_data.alert_delivery_queue o where o.bucket = w.bucket and o.webhook_id = w.webhook_id limit 10000)
     union all
     (select from tocsin_data.alert_delivery_parked o where o.bucket = w.bucket and o.webhook_id = w.webhook_id limit 10000)) n) q
 where w.deleted_at is null
 order by w.webhook_id;
comment on view tocsin.v_webhook_health_dashboard is
  'One row per webhook: health, breaker, totals of attempts since it was created, the last attempts, how many deliveries wait (counted up to 10,000), and how many it gets at a time (slots), with the reason when that is fewer than max_in_flight.';
