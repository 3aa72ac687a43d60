-- A delivery has ended when its last row says so and has no next_attempt_at: no other row of it looks so. A chunk that is full
-- may have been cut within a delivery, so that delivery is looked at again.
create function tocsin_internal.replay_ended(r tocsin_data.webhook_replays, p_scan integer)
returns table (place bigint, alert_id bigint, delivery_id bigint, attempt smallint, is_match boolean)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query
    select case when count(*) over () = p_scan and g.delivery_id = max(g.delivery_id) over () then g.delivery_id - 1 else g.delivery_id end,
           g.alert_id, g.delivery_id, g.attempt,
           g.status = r.status and g.next_attempt_at is null and g.alert_id >= r.from_id and g.alert_id < r.before_id
             and (r.alert_ids is null or g.alert_id = any (r.alert_ids))
             and exists (select from tocsin_data.alerts a
                          where a.tenant_id = r.tenant_id and a.alert_id = g.alert_id
                            and tocsin_internal.replay_matches(r, a))
      from (select * from tocsin_data.alert_delivery_log l
             where l.webhook_id = r.webhook_id and l.delivery_id > r.position and l.delivery_id < r.replay_id
             order by l.delivery_id limit p_scan) g
     order by g.delivery_id, g.attempt;
end
$$;
comment on function tocsin_internal.replay_ended(tocsin_data.webhook_replays, integer) is
  'The next rows of alert_delivery_log of a replay''s webhook, so many at most, and whether each is the end of a delivery that is to be replayed; place is how far that is.';
