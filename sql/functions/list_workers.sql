create or replace function tocsin.list_workers()
returns table (worker_id bigint, host text, pid integer, started_at timestamptz, beat_at timestamptz, is_alive boolean,
  in_flight integer, late_results bigint)
language sql stable security definer set search_path = '' as $$
  select w.worker_id, w.host, w.pid, w.started_at, w.beat_at, w.beat_at >= clock_timestamp() - interval '20 seconds',
         (select coalesce(sum(cardinality(l.delivery_ids)), 0)::integer
            from tocsin_data.alert_delivery_leases l where l.worker_id = w.worker_id),
         w.late_results
    from tocsin_data.workers w order by w.worker_id limit 1000
$$;
comment on function tocsin.list_workers() is
  'The workers that beat within the last minutes, 1,000 at most, with the deliveries that each has under way; one that has not beaten for 20 seconds is not alive, and its deliveries are given to others.';
