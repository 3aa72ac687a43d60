create or replace function tocsin.remove_worker(p_worker_id bigint) returns void
language sql volatile security definer set search_path = '' as $$
  delete from tocsin_data.workers w where w.worker_id = p_worker_id
$$;
comment on function tocsin.remove_worker(bigint) is
  'Deletes a worker that stopped from workers, so that the others take its buckets at once; leases it still has are then reaped.';
