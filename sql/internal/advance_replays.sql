-- Every step is whole: what was queued, that it was, and how far the replay is are committed together. The replays take turns.
create function tocsin_internal.advance_replays() returns integer
language plpgsql volatile as $$
declare
  r tocsin_data.webhook_replays;
  v_stop_at timestamptz := clock_timestamp() + interval '500 milliseconds';
  v_budget integer := 5000; v_share integer; v_queued integer; v_round integer;
begin
  delete from tocsin_data.alert_redeliveries m where m.ctid = any (array(
    select o.ctid from tocsin_data.alert_redeliveries o
     where o.alert_id < (select tocsin_internal.id_at(now() - s.value * interval '1 day')
                           from tocsin_data.settings s where s.name = 'retention_days')
     order by o.alert_id limit 1000));
  for r in
    select * from tocsin_data.webhook_replays o where o.finished_at is null order by o.advanced_at limit 20 for update skip locked
  loop
    perform tocsin_internal.settle_replay(r);
    if r.state = 'queueing' and exists (
        select from tocsin_data.webhooks w where w.webhook_id = r.webhook_id and w.deleted_at is not null) then
      update tocsin_data.webhook_replays o set state = 'cancelled' where o.replay_id = r.replay_id;
      continue;
    end if;
    continue when r.state <> 'queueing';
    -- After a pause nobody gets a burst of more than two seconds.
    v_share := least(v_budget, r.delivery_limit - r.queued, floor(
      tocsin_internal.replay_pace(r.per_second, clock_timestamp() - r.created_at)
      * least(2, extract(epoch from clock_timestamp() - r.advanced_at)))::integer);
    continue when v_share < 1;
    r.filter := tocsin_internal.compile_filter(r.filter);
    r.advanced_at := clock_timestamp();
    for v_round in 1..20 loop
      v_queued := tocsin_internal.queue_replay(r, v_share);
      v_share := v_share - v_queued;
      v_budget := v_budget - v_queued;
      select * into r.state, r.position, r.queued from (
        select o.state, o.position, o.queued from tocsin_data.webhook_replays o where o.replay_id = r.replay_id) n;
      exit when r.state <> 'queueing' or v_share < 1 or clock_timestamp() > v_stop_at;
    end loop;
  end loop;
  return 5000 - v_budget;
end
$$;
comment on function tocsin_internal.advance_replays() is
  'Goes on with replays: queues up to 5,000 deliveries in about half a second, and counts those that ended; returns how many were queued. Writes webhook_replays, webhook_replay_deliveries, alert_redeliveries, alert_delivery_log and alert_delivery_queue.';
