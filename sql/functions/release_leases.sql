create or replace function tocsin.release_leases(p_worker_id bigint, p_keep_lease_ids bigint[] default '{}')
returns integer
language plpgsql volatile security definer set search_path = '' as $$
begin
  return tocsin_internal.put_back_leases(array(
    select l.lease_id from tocsin_data.alert_delivery_leases l
     where l.worker_id = p_worker_id and l.lease_id <> all (p_keep_lease_ids) order by l.lease_id for update));
end
$$;
comment on function tocsin.release_leases(bigint, bigint[]) is
  'Puts the deliveries of a worker that have no result back into alert_delivery_queue, except those of the leases it keeps: for a worker that stops, or that does not know whether its last claim was committed. Returns how many deliveries.';
