-- Lanes that may not be served are listed with 0 slots. An ordered lane is freed when its delivery is recorded or put back,
-- not by the clock: what was in flight must be back at its head first. The ten minutes of lane_ready_at are for a lease that
-- someone deleted by hand.
create function tocsin_internal.claim_lanes(
  p_webhook_ids integer[], p_heads timestamptz[], p_buckets smallint[], p_overdue interval,
  p_busy_webhook_ids integer[], p_busy_counts integer[],
  out webhook_ids integer[], out heads timestamptz[], out slots integer[], out special_ids integer[], out next_ready_at timestamptz)
language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  select array_agg(c.webhook_id order by c.n) filter (where c.slots > 0), array_agg(c.head_at order by c.n) filter (where c.slots > 0),
         array_agg(c.slots order by c.n) filter (where c.slots > 0),
         array_agg(c.webhook_id order by c.n) filter (where c.slots > 0 and c.is_special),
         min(c.ready_at) filter (where c.ready_at > v_now)
    into webhook_ids, heads, slots, special_ids, next_ready_at
    from (
      select w.webhook_id, w.n, r.ready_at, l.ordered or l.rate_limit_per_second is not null as is_special,
             case when l.ordered then '-infinity' else w.head_at end as head_at,
             case when r.ready_at <= v_now - p_overdue
                  then tocsin_internal.lane_slots(l, p_busy_webhook_ids, p_busy_counts) else 0 end as slots
        from unnest(p_webhook_ids, p_heads) with ordinality as w(webhook_id, head_at, n)
        join tocsin_data.webhook_lanes l on l.bucket = (w.webhook_id & 63)::smallint and l.webhook_id = w.webhook_id
        cross join lateral (select tocsin_internal.lane_ready_at(l, w.head_at, p_buckets, v_now) offset 0) as r(ready_at)
       offset 0) c;
end
$$;
comment on function tocsin_internal.claim_lanes(integer[], timestamptz[], smallint[], interval, integer[], integer[]) is
  'Which of these webhooks may be served now: how many deliveries each may give, and when the next of the others may be.';
