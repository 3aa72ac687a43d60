create or replace function tocsin.release_leases(p_worker_id bigint) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_back integer;
begin
  v_back := tocsin_internal.put_back_leases(array(
    select l.lease_id from tocsin_data.alert_delivery_leases l
     where l.worker_id = p_worker_id order by l.lease_id for update));
  delete from tocsin_data.workers w where w.worker_id = p_worker_id;
  return v_back;
end
$$;
comment on function tocsin.release_leases(bigint) is
  'A worker''s goodbye: puts what it did not finish back into alert_delivery_queue and deletes its row of workers; returns how many deliveries.';
