create or replace function tocsin.get_system_health()
returns table (active_webhooks integer, failed_webhooks integer, queue_depth integer, oldest_due_seconds double precision,
  workers integer,
  tenants_near_queue_limit integer, scheduled bigint, parked bigint, sending bigint)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select (select count(*)::integer from tocsin_data.webhooks w where w.is_active and w.deleted_at is null),
           (select count(*)::integer from tocsin_data.webhook_health_metrics m
              join tocsin_data.webhooks w on w.webhook_id = m.webhook_id
             where m.health_status = 'unavailable' and w.deleted_at is null),
           (select count(*)::integer from (select from tocsin_data.alert_delivery_queue limit 100000) q),
           greatest(0, extract(epoch from clock_timestamp() - tocsin_internal.oldest_due_at(1000)))::double precision,
           (select count(*)::integer from tocsin_data.workers k where k.beat_at >= clock_timestamp() - interval '20 seconds'),
           (select count(*)::integer from tocsin.v_queue_limits l where l.state <> 'free'),
           tocsin_internal.estimate_rows('tocsin_data.alert_delivery_retries',
             (select count(*) from (select from tocsin_data.alert_delivery_retries limit 10000) r)),
           tocsin_internal.estimate_rows('tocsin_data.alert_delivery_parked',
             (select count(*) from (select from tocsin_data.alert_delivery_parked limit 10000) p)),
           (select coalesce(sum(cardinality(l.delivery_ids)), 0)::bigint from tocsin_data.alert_delivery_leases l);
end
$$;
comment on function tocsin.get_system_health() is
  'What a health check of the whole system shows: webhooks in use and unavailable, deliveries queued (counted up to 100,000), for how many seconds the oldest of them is overdue, workers alive, tenants of whose queue_limit 80 % or more is used, and what is not in the queue: what is being sent, and retries scheduled for later and parked (these two exact up to 10,000, then as the statistics of PostgreSQL have it).';
