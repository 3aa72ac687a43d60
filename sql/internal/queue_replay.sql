-- The row of the last attempt is the lock, as in requeue_ended; one that is locked is being retried by somebody else, and
-- will wait. A failed one turns into retrying, so that what has been given up stays what has the status failed.
create function tocsin_internal.queue_replay(r tocsin_data.webhook_replays, p_limit integer) returns integer
language plpgsql volatile as $$
declare
  v_scan constant integer := 5000;
  v_places bigint[]; v_alert_ids bigint[]; v_delivery_ids bigint[]; v_attempts smallint[]; v_scanned integer; v_last bigint;
  v_matched integer; v_queued integer;
begin
  with chunk as materialized (
    select * from tocsin_internal.replay_alerts(r, v_scan) where r.status = 'all'
    union all
    select * from tocsin_internal.replay_ended(r, v_scan) where r.status <> 'all'),
  picked as materialized (
    select c.*, row_number() over (order by c.place, c.alert_id) as n from chunk c
     where c.is_match order by c.place, c.alert_id limit p_limit)
  select s.n, s.matched, s.place, p.* into v_scanned, v_matched, v_last, v_places, v_alert_ids, v_delivery_ids, v_attempts
    from (select count(*) as n, count(*) filter (where c.is_match) as matched, max(c.place) as place from chunk c) s
   cross join (select array_agg(o.place order by o.n), array_agg(o.alert_id order by o.n), array_agg(o.delivery_id order by o.n),
                      array_agg(o.attempt order by o.n) from picked o) p;
  with picked as materialized (
    select p.alert_id, p.delivery_id, p.attempt, row_number() over (partition by p.delivery_id is null order by p.n) as n
      from unnest(v_alert_ids, v_delivery_ids, v_attempts) with ordinality as p(alert_id, delivery_id, attempt, n)),
  ended as (
    update tocsin_data.alert_delivery_log g
       set next_attempt_at = clock_timestamp(), status = case g.status when 'failed' then 'retrying' else g.status end
      from (select l.delivery_id, l.bucket, l.attempt from picked p
              join tocsin_data.alert_delivery_log l on l.delivery_id = p.delivery_id
                and l.bucket = (r.webhook_id & 63)::smallint and l.attempt = p.attempt
             where l.next_attempt_at is null and l.status <> 'retrying' for update of l skip locked) o
     where g.delivery_id = o.delivery_id and g.bucket = o.bucket and g.attempt = o.attempt
    returning g.alert_id, g.delivery_id, g.attempt + 1 as attempt),
  ids as materialized (
    select i.id, i.n from unnest(tocsin_internal.next_ids((select count(*) from picked p where p.delivery_id is null)))
      with ordinality as i(id, n)),
  made as (
    insert into tocsin_data.alert_redeliveries (alert_id, webhook_id, delivery_id, tenant_id)
      select p.alert_id, r.webhook_id, i.id, r.tenant_id from picked p join ids i on i.n = p.n where p.delivery_id is null
    on conflict do nothing returning alert_id, delivery_id, 1 as attempt),
  queued as (
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(q.delivery_id), q.delivery_id, q.alert_id, r.webhook_id, r.tenant_id,
             (r.webhook_id & 63)::smallint, q.attempt
        from (select * from ended union all select * from made) q
    returning delivery_id, attempt)
  insert into tocsin_data.webhook_replay_deliveries (replay_id, delivery_id, attempt)
    select r.replay_id, q.delivery_id, q.attempt from queued q
  on conflict (replay_id, delivery_id) do update set attempt = excluded.attempt;
  get diagnostics v_queued = row_count;
  update tocsin_data.webhook_replays o
     set queued = o.queued + v_queued, advanced_at = r.advanced_at,
         position = case when v_matched > p_limit then coalesce(v_places[p_limit], o.position) else coalesce(v_last, o.position) end,
         state = case when v_scanned < v_scan and v_matched <= p_limit or o.queued + v_queued >= o.delivery_limit
                   then 'delivering' else o.state end
   where o.replay_id = r.replay_id;
  return v_queued;
end
$$;
comment on function tocsin_internal.queue_replay(tocsin_data.webhook_replays, integer) is
  'One step of a replay: looks at the next 5,000 alerts or attempts, queues up to p_limit deliveries and notes how far it is; returns how many were queued.';
