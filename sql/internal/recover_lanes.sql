-- The additive increase: a tenth of max_in_flight each five seconds, while what slowed the webhook is over.
create function tocsin_internal.recover_lanes(p_now timestamptz default clock_timestamp()) returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_changed integer;
begin
  with ready as materialized (
    select l.bucket, l.webhook_id, least(l.slots_max, l.max_in_flight) + ceil(l.max_in_flight / 10.0) as slots
      from tocsin_data.webhook_lanes l
      join tocsin_data.webhook_health_metrics m on m.webhook_id = l.webhook_id
     where l.slowed_by is not null and l.slots_changed_at <= p_now - interval '5 seconds'
       and m.breaker_state = 'closed' and m.consecutive_failures < 2 and m.recent_failure_rate <= 0.1
       and coalesce(m.blocked_until <= p_now, true)
       -- Without deliveries for a while, what their latency was says nothing any more.
       and (not tocsin_internal.is_slow(m.latency_now_ms, m.latency_usual_ms, m.latency_folds)
         or m.last_used_at < p_now - interval '30 seconds')
     order by l.webhook_id limit 5000 for no key update of l skip locked)
  update tocsin_data.webhook_lanes l
     set slots_max = case when r.slots < l.max_in_flight then r.slots end,
         slowed_by = case when r.slots < l.max_in_flight then l.slowed_by end,
         slots_changed_at = case when r.slots < l.max_in_flight then p_now end
    from ready r
   where l.bucket = r.bucket and l.webhook_id = r.webhook_id;
  get diagnostics v_changed = row_count;
  return v_changed;
end
$$;
comment on function tocsin_internal.recover_lanes(timestamptz) is
  'Gives webhooks that were slowed down, and are well again, more slots in webhook_lanes, step by step; leaves lanes that are locked. Returns how many.';
