-- The state decides, not the event: raising goes on filling the queue of a shut lane, and each run moves what came since.
-- The lane is locked first, so that no claim of an ordered webhook passes over rows that are on their way; a lane that
-- someone else has locked is left for the next run, so that maintenance waits for nobody.
create function tocsin_internal.park_deliveries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_lane record; v_moved integer; v_all integer := 0;
begin
  for v_lane in
    select l.bucket, l.webhook_id from tocsin_data.webhook_lanes l
     where (not l.is_open or l.blocked_until is not null)
       and (not l.is_open or l.blocked_until > clock_timestamp() + interval '10 seconds')
       and exists (select from tocsin_data.alert_delivery_queue q where q.bucket = l.bucket and q.webhook_id = l.webhook_id)
     order by random() limit 200
  loop
    exit when v_all >= 50000;
    perform from tocsin_data.webhook_lanes l
      where l.bucket = v_lane.bucket and l.webhook_id = v_lane.webhook_id
        and (not l.is_open or l.blocked_until > clock_timestamp() + interval '10 seconds')
        for no key update skip locked;
    continue when not found or not tocsin_internal.try_share_bucket(v_lane.bucket);
    update tocsin_data.webhook_lanes l set parked = true
     where l.bucket = v_lane.bucket and l.webhook_id = v_lane.webhook_id and not l.parked;
    with moved as (
      delete from tocsin_data.alert_delivery_queue q where q.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_queue o where o.bucket = v_lane.bucket and o.webhook_id = v_lane.webhook_id
         order by o.due_at, o.delivery_id limit 5000 for update skip locked))
      returning *)
    insert into tocsin_data.alert_delivery_parked select * from moved;
    get diagnostics v_moved = row_count;
    v_all := v_all + v_moved;
  end loop;
  return v_all;
end
$$;
comment on function tocsin_internal.park_deliveries() is
  'Moves deliveries of webhooks that are shut (disabled, or blocked for more than ten seconds) from alert_delivery_queue to alert_delivery_parked, 5,000 each and some 50,000 in all at most; returns how many.';
