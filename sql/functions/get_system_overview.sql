create or replace function tocsin.get_system_overview()
returns table (postgres_version text, database_bytes bigint, connections integer, connections_max integer, retention_days integer,
  ready bigint, scheduled bigint, parked bigint, sending bigint, oldest_due_seconds double precision,
  alert_partitions integer, log_partitions integer, partition_runway_seconds double precision)
language sql stable security definer set search_path = '' as $$
  select current_setting('server_version'), pg_catalog.pg_database_size(current_database()),
         (select count(*)::integer from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend'),
         current_setting('max_connections')::integer,
         (select s.value::integer from tocsin_data.settings s where s.name = 'retention_days'),
         m.ready, m.scheduled, m.parked, m.sending, m.oldest_due_seconds, m.alert_partitions, m.log_partitions,
         m.partition_runway_seconds
    from tocsin.get_metrics() m
$$;
comment on function tocsin.get_system_overview() is
  'What a page about the system shows of the database: its version, size and connections, what waits by state, and how far ahead partitions are made.';
