-- Counting stops at 10,000 rows of a state: above that the server's own statistics, which know of each committed row within
-- about a second, say as much as a count that takes long. Only a crash of the server makes them forget, until the next vacuum.
create or replace function tocsin.get_metrics()
returns table (ready bigint, scheduled bigint, parked bigint, sending bigint, oldest_due_seconds double precision, workers integer,
  active_webhooks integer, unavailable_webhooks integer, breakers_closed integer, breakers_open integer,
  breakers_half_open integer, alert_partitions integer, log_partitions integer, key_partitions integer,
  partition_runway_seconds double precision,
  tenants_near_queue_limit integer, tenants_reached_queue_limit integer)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select tocsin_internal.estimate_rows('tocsin_data.alert_delivery_queue', q.n),
           tocsin_internal.estimate_rows('tocsin_data.alert_delivery_retries', r.n),
           tocsin_internal.estimate_rows('tocsin_data.alert_delivery_parked', p.n),
           (select coalesce(sum(cardinality(l.delivery_ids)), 0)::bigint from tocsin_data.alert_delivery_leases l),
           greatest(0, coalesce(date_part('epoch', clock_timestamp() - tocsin_internal.oldest_due_at(1000)), 0)),
           (select count(*)::integer from tocsin_data.workers k where k.beat_at >= clock_timestamp() - interval '20 seconds'),
           w.active, w.unavailable, w.closed, w.open, w.half_open, t.alerts, t.log, t.keys,
           greatest(0, date_part('epoch', tocsin_internal.id_time(s.value) - clock_timestamp())), l.near, l.over
      from (select count(*) as n from (select from tocsin_data.alert_delivery_queue limit 10000) f) q
     cross join (select count(*) as n from (select from tocsin_data.alert_delivery_retries limit 10000) f) r
     cross join (select count(*) as n from (select from tocsin_data.alert_delivery_parked limit 10000) f) p
     cross join (
       select count(*) filter (where h.is_active)::integer as active,
              count(*) filter (where m.health_status = 'unavailable')::integer as unavailable,
              count(*) filter (where coalesce(m.breaker_state, 'closed') = 'closed')::integer as closed,
              count(*) filter (where m.breaker_state = 'open')::integer as open,
              count(*) filter (where m.breaker_state = 'half_open')::integer as half_open
         from tocsin_data.webhooks h left join tocsin_data.webhook_health_metrics m on m.webhook_id = h.webhook_id
        where h.deleted_at is null) w
     cross join (
       select count(*) filter (where i.inhparent = 'tocsin_data.alerts'::regclass)::integer as alerts,
              count(*) filter (where i.inhparent = 'tocsin_data.alert_delivery_log'::regclass)::integer as log,
              count(*) filter (where i.inhparent = 'tocsin_data.idempotency_keys'::regclass)::integer as keys
         from pg_catalog.pg_inherits i) t
     cross join (
       select count(*) filter (where v.state = 'near')::integer as near, count(*) filter (where v.state = 'reached')::integer as over
         from tocsin.v_queue_limits v) l
     cross join tocsin_data.settings s
     where s.name = 'partition_horizon';
end
$$;
comment on function tocsin.get_metrics() is
  'What a monitor wants of the whole system: deliveries by state (ready: due now or within two minutes, scheduled, parked, sending; exact up to 10,000 of a state, then as the statistics of PostgreSQL have it), for how many seconds the oldest that could be sent has been due, workers alive, webhooks by use, health and breaker, for how long partitions are made ahead, and tenants whose queue_limit is nearly used (80 %) or reached.';
