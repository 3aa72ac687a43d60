-- One statement, so that a delivery on its way from the queue to the log is seen in one of them. An alert that never had a
-- delivery for the webhook gets one if the webhook takes it by its settings of now, or the replay names it or its type.
create function tocsin_internal.replay_alerts(r tocsin_data.webhook_replays, p_scan integer)
returns table (place bigint, alert_id bigint, delivery_id bigint, attempt smallint, is_match boolean)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query
    with leased as materialized (
      select m.alert_id from tocsin_data.alert_delivery_leases l
       cross join lateral unnest(l.alert_ids, l.webhook_ids) as m(alert_id, webhook_id)
       where m.webhook_id = r.webhook_id)
    select c.alert_id, c.alert_id, d.delivery_id, d.attempt,
           c.is_match and case
             when d.delivery_id is not null then d.has_ended
             else not exists (select from tocsin_internal.waiting_of_alert(r.webhook_id, c.alert_id, c.first_id, c.last_id))
               and not exists (select from leased l where l.alert_id = c.alert_id)
               and (r.alert_ids is not null or r.alert_types is not null or c.is_routed) end
      from (select a.alert_id, a.first_delivery_id as first_id, a.last_delivery_id as last_id,
                   (r.alert_ids is null or a.alert_id = any (r.alert_ids)) and tocsin_internal.replay_matches(r, a) as is_match,
                   tocsin_internal.is_routed(r.webhook_id, a) as is_routed
              from tocsin_data.alerts a
             where a.tenant_id = r.tenant_id and a.alert_id > r.position and a.alert_id < r.before_id
             order by a.alert_id limit p_scan) c
      left join lateral (
        select e.delivery_id, e.attempt, coalesce(e.status <> 'retrying' and e.next_attempt_at is null, false) as has_ended
          from (select m.delivery_id, g.attempt, g.status, g.next_attempt_at
                  from tocsin_data.alert_redeliveries m
                  left join tocsin_data.alert_delivery_log g
                    on g.delivery_id = m.delivery_id and g.bucket = (r.webhook_id & 63)::smallint
                 where m.alert_id = c.alert_id and m.webhook_id = r.webhook_id
                union all
                select g.delivery_id, g.attempt, g.status, g.next_attempt_at
                  from tocsin_data.alert_delivery_log g
                 where g.webhook_id = r.webhook_id and g.delivery_id between c.first_id and c.last_id
                   and g.alert_id = c.alert_id) e
         order by e.attempt desc nulls last limit 1) d on c.is_match
     order by c.alert_id;
end
$$;
comment on function tocsin_internal.replay_alerts(tocsin_data.webhook_replays, integer) is
  'The next alerts of a replay''s tenant, so many at most, each with its ended delivery for the webhook, or none, and whether it is to be replayed: what waits or is being sent is not.';
