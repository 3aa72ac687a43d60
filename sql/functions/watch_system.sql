-- The lock is the session's: it is held until the watcher's connection ends, and taken over by whoever asks next.
create or replace function tocsin.watch_system(p_scope text)
returns table (is_leader boolean, conditions text[], system_conditions text[], workers integer,
  oldest_due_seconds double precision, tenants_near_queue_limit integer)
language sql volatile security definer set search_path = '' set jit = off as $$
  select exists (select from pg_catalog.pg_locks l
                  where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.classid = 1953456995 and l.objid = 7
                    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
           or pg_try_advisory_lock(1953456995, 7),
         array(select c.alert_type from tocsin_data.system_conditions c where c.scope = p_scope),
         array(select c.alert_type from tocsin_data.system_conditions c where c.scope = 'system'),
         (select count(*)::integer from tocsin_data.workers k where k.beat_at >= clock_timestamp() - interval '20 seconds'),
         greatest(0, coalesce(date_part('epoch', clock_timestamp() - tocsin_internal.oldest_due_at(1000)), 0)),
         (select count(*)::integer from tocsin.v_queue_limits v where v.state <> 'free')
$$;
comment on function tocsin.watch_system(text) is
  'For a process that watches Tocsin itself: whether it is the one that judges the whole (the first that asks, for as long as its session lasts), which conditions hold for its scope and for the whole, and the figures that they depend on. Takes an advisory lock of the session.';
