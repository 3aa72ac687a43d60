-- Oldest first, and the lane counts as parked until nothing is left, be it that others hold some rows at the moment.
create function tocsin_internal.unpark_deliveries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_lane record; v_moved integer; v_all integer := 0;
begin
  for v_lane in
    select l.bucket, l.webhook_id from tocsin_data.webhook_lanes l
     where l.parked and l.is_open and (l.blocked_until is null or l.blocked_until <= clock_timestamp() + interval '1 second')
     order by random() limit 200
  loop
    exit when v_all >= 50000;
    perform from tocsin_data.webhook_lanes l
      where l.bucket = v_lane.bucket and l.webhook_id = v_lane.webhook_id and l.is_open
        and coalesce(l.blocked_until <= clock_timestamp() + interval '1 second', true)
        for no key update skip locked;
    continue when not found;
    with moved as (
      delete from tocsin_data.alert_delivery_parked q where q.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_parked o where o.bucket = v_lane.bucket and o.webhook_id = v_lane.webhook_id
         order by o.due_at, o.delivery_id limit 5000 for update skip locked))
      returning *)
    insert into tocsin_data.alert_delivery_queue select * from moved;
    get diagnostics v_moved = row_count;
    v_all := v_all + v_moved;
    update tocsin_data.webhook_lanes l set parked = false
     where l.bucket = v_lane.bucket and l.webhook_id = v_lane.webhook_id
       and not exists (select from tocsin_data.alert_delivery_parked p where p.bucket = l.bucket and p.webhook_id = l.webhook_id);
  end loop;
  return v_all;
end
$$;
comment on function tocsin_internal.unpark_deliveries() is
  'Moves deliveries of webhooks that may be served again from alert_delivery_parked to alert_delivery_queue, 5,000 each and some 50,000 in all at most; returns how many.';
