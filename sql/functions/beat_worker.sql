-- Dead workers are removed unless locked: two that slept as long would wait for each other.
-- A row that someone else removed (the worker seemed dead) comes back: its leases are gone, its results will be late.
create or replace function tocsin.beat_worker(p_worker_id bigint, p_host text, p_pid integer)
returns table (worker_id bigint, live_worker_ids text, now_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into tocsin_data.workers as w (worker_id, host, pid)
    values (coalesce(p_worker_id, nextval('tocsin_data.id_seq')), p_host, p_pid)
  on conflict on constraint workers_pkey do update set beat_at = clock_timestamp()
  returning w.worker_id into worker_id;
  delete from tocsin_data.workers w where w.worker_id = any (array(
    select d.worker_id from tocsin_data.workers d where d.beat_at < clock_timestamp() - interval '10 minutes' for update skip locked));
  select string_agg(w.worker_id::text, ',' order by w.worker_id) into live_worker_ids
    from tocsin_data.workers w where w.beat_at >= clock_timestamp() - interval '20 seconds';
  now_at := clock_timestamp();
  return next;
end
$$;
comment on function tocsin.beat_worker(bigint, text, integer) is
  'Registers a worker (null) or renews its heartbeat in workers; returns its id, the ids of all live workers, comma-separated, and the time.';
