-- A worker that slept longer than the limit claims again before its first beat, if its connections were faster: what it
-- claimed since is no older than the limit, and is left to it.
create or replace function tocsin.reap_leases(p_beat_timeout_seconds integer default 20) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_dead_at timestamptz := clock_timestamp() - p_beat_timeout_seconds * interval '1 second';
begin
  return tocsin_internal.put_back_leases(array(
    select l.lease_id from tocsin_data.alert_delivery_leases l
     where l.expires_at < clock_timestamp()
        or l.worker_id is not null and l.claimed_at < v_dead_at and not exists (
          select from tocsin_data.workers w where w.worker_id = l.worker_id and w.beat_at >= v_dead_at)
     order by l.lease_id limit 50 for update skip locked));
end
$$;
comment on function tocsin.reap_leases(integer) is
  'Puts the unfinished deliveries of expired leases, and of leases older than p_beat_timeout_seconds whose worker had no heartbeat for as long, back into alert_delivery_queue, at most 50 leases a call; returns how many deliveries.';
