-- The gradient of TCP Vegas and of Gradient2Limit in Netflix concurrency-limits: usual latency by latency now, here with a
-- tolerance of two, a cut by half at most, and one slot more than it says, so that latency alone never leaves fewer than two.
create function tocsin_internal.slow_lanes(p_webhook_ids integer[], p_now timestamptz default clock_timestamp()) returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_slowed integer;
begin
  with wanted as materialized (
    select l.bucket, l.webhook_id, least(l.slots_max, l.max_in_flight) as slots,
           greatest(0.5, 2 * m.latency_usual_ms / m.latency_now_ms) as gradient
      from unnest(p_webhook_ids) as i(webhook_id)
      join tocsin_data.webhook_health_metrics m on m.webhook_id = i.webhook_id
      join tocsin_data.webhook_lanes l on l.bucket = (i.webhook_id & 63)::smallint and l.webhook_id = i.webhook_id
     where m.breaker_state = 'closed' and (l.slowed_by is null or l.slots_changed_at <= p_now - interval '5 seconds')
     order by l.webhook_id for no key update of l skip locked)
  update tocsin_data.webhook_lanes l
     set slots_max = floor(w.slots * w.gradient) + 1, slowed_by = 'latency', slots_changed_at = p_now
    from wanted w
   where l.bucket = w.bucket and l.webhook_id = w.webhook_id and floor(w.slots * w.gradient) + 1 < w.slots;
  get diagnostics v_slowed = row_count;
  return v_slowed;
end
$$;
comment on function tocsin_internal.slow_lanes(integer[], timestamptz) is
  'Gives webhooks whose latency rose fewer slots in webhook_lanes; leaves lanes that are locked. Returns how many it slowed.';
