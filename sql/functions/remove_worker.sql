-- Given back here and not left to reaping, which spares young leases of workers that it does not know.
create or replace function tocsin.remove_worker(p_worker_id bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform tocsin.release_leases(p_worker_id);
  delete from tocsin_data.workers w where w.worker_id = p_worker_id;
end
$$;
comment on function tocsin.remove_worker(bigint) is
  'Deletes a worker that stopped from workers, so that the others take its buckets at once, and puts the unfinished deliveries that it still has leased back into alert_delivery_queue.';
