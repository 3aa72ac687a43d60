do $$
declare
  v_worker bigint;
  r record;
begin
  perform tocsin.maintain_partitions(30);
  perform pg_temp.make_webhook('a');
  perform tocsin.raise_alert(p_message => 'one');
  perform tocsin.raise_alert(p_message => 'two');
  select * into r from tocsin.get_system_overview();
  assert r.postgres_version = current_setting('server_version') and r.database_bytes > 1000000, r::text;
  assert r.connections between 1 and r.connections_max and r.retention_days = 30, r::text;
  assert r.ready = 2 and r.sending = 0 and r.alert_partitions > 7, r::text;
  assert r.partition_runway_seconds between 6 * 86400 and 9 * 86400, r::text;
  -- Workers with what they have under way; one that fell silent is shown as such until it is forgotten.
  v_worker := (select b.worker_id from tocsin.beat_worker(null, 'here', 42) b);
  perform tocsin.get_ready_deliveries(1, v_worker);
  select * into r from tocsin.list_workers();
  assert r.worker_id = v_worker and r.host = 'here' and r.pid = 42 and r.is_alive and r.in_flight = 1, r::text;
  update tocsin_data.workers set beat_at = now() - interval '1 minute';
  assert (select not w.is_alive from tocsin.list_workers() w);
end
$$;
