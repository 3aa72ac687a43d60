create function tocsin_internal.settle_replay(r tocsin_data.webhook_replays) returns void
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  with looked as materialized (
    select d.delivery_id, d.attempt from tocsin_data.webhook_replay_deliveries d
     where d.replay_id = r.replay_id and d.delivery_id > r.settled_position order by d.delivery_id limit 5000),
  ended as materialized (
    select l.delivery_id, g.status from looked l cross join lateral (
      select o.status, o.attempt, o.next_attempt_at from tocsin_data.alert_delivery_log o
       where o.delivery_id = l.delivery_id and o.bucket = (r.webhook_id & 63)::smallint order by o.attempt desc limit 1) g
     where g.attempt >= l.attempt and g.status <> 'retrying' and g.next_attempt_at is null),
  gone as (
    delete from tocsin_data.webhook_replay_deliveries d using ended e
     where d.replay_id = r.replay_id and d.delivery_id = e.delivery_id),
  counted as materialized (
    select (select count(*) from looked) as looked, (select max(l.delivery_id) from looked l) as last_id, count(*) as ended,
           count(*) filter (where e.status = 'delivered') as delivered, count(*) filter (where e.status = 'failed') as failed,
           count(*) filter (where e.status = 'cancelled') as cancelled from ended e)
  update tocsin_data.webhook_replays o
     set delivered = o.delivered + c.delivered, failed = o.failed + c.failed, cancelled = o.cancelled + c.cancelled,
         settled_position = case when c.looked < 5000 then 0 else c.last_id end,
         state = case when s.is_over and o.state = 'delivering' then 'finished' else o.state end,
         finished_at = case when s.is_over then clock_timestamp() end
    from counted c cross join lateral (
      select r.state <> 'queueing' and c.looked = c.ended and c.looked < 5000 and r.settled_position = 0 as is_over) s
   where o.replay_id = r.replay_id and (c.ended > 0 or s.is_over or o.settled_position <> 0 or c.looked = 5000);
end
$$;
comment on function tocsin_internal.settle_replay(tocsin_data.webhook_replays) is
  'Counts those of the next 5,000 deliveries of a replay that have ended, and finishes it when none is left.';
