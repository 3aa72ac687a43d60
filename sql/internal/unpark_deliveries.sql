create function tocsin_internal.unpark_deliveries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_lane record; v_moved integer; v_all integer := 0;
begin
  for v_lane in
    select l.bucket, l.webhook_id from tocsin_data.webhook_lanes l
     where l.parked and l.is_open and (l.blocked_until is null or l.blocked_until <= clock_timestamp() + interval '1 second')
     order by l.webhook_id limit 200
  loop
    with moved as (
      delete from tocsin_data.alert_delivery_parked q where q.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_parked o where o.bucket = v_lane.bucket and o.webhook_id = v_lane.webhook_id
         order by o.due_at, o.delivery_id limit 5000 for update skip locked))
      returning *)
    insert into tocsin_data.alert_delivery_queue select * from moved;
    get diagnostics v_moved = row_count;
    if v_moved = 0 then
      update tocsin_data.webhook_lanes l set parked = false where l.bucket = v_lane.bucket and l.webhook_id = v_lane.webhook_id;
    end if;
    v_all := v_all + v_moved;
  end loop;
  return v_all;
end
$$;
comment on function tocsin_internal.unpark_deliveries() is
  'Moves deliveries of webhooks that may be served again from alert_delivery_parked to alert_delivery_queue, 5,000 each at most; returns how many.';
