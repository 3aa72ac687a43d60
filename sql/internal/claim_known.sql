-- Nearly every claim is for lanes that a worker knows, or that one walk has found, and none of them is special. Here one look at
-- them, one delete and one insert make it, where claim_batch has a step for all that may be; so it leaves to that what
-- is: ordered and rate-limited webhooks, and buckets that somebody else is at work in. Rows whose buckets are locked alone
-- need no lock of their own (see take_from_lanes). For the two seconds see floor_times.
create function tocsin_internal.claim_known(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_buckets smallint[], p_busy_webhook_ids integer[], p_busy_counts integer[],
  p_webhook_ids integer[], p_heads timestamptz[], p_floor_delivery_ids bigint[],
  out is_plain boolean, out lease_id bigint, out delivery_ids bigint[], out alert_ids bigint[], out webhook_ids integer[],
  out attempts smallint[], out versions integer[], out tenant_ids integer[], out first_alert_id bigint, out last_alert_id bigint,
  out next_ready_at timestamptz)
language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp(); v_lanes record; v_share integer; v_extra integer;
begin
  select array_agg(c.webhook_id) filter (where c.slots > 0) as ids, array_agg(c.head_at) filter (where c.slots > 0) as heads,
         array_agg(c.slots) filter (where c.slots > 0) as slots, array_agg(c.version) filter (where c.slots > 0) as versions,
         array_agg(c.tenant_id) filter (where c.slots > 0) as tenant_ids,
         coalesce(bool_and(not c.is_special and pg_try_advisory_xact_lock(1953456996, c.bucket))
           filter (where c.slots > 0), true) as are_plain,
         min(c.ready_at) filter (where c.ready_at > v_now) as next_ready_at
    into v_lanes
    from (select l.webhook_id, l.bucket, l.version, l.tenant_id, h.head_at, r.ready_at,
                 l.ordered or l.rate_limit_per_second is not null as is_special,
                 case when r.ready_at <= v_now then tocsin_internal.lane_slots(l, p_busy_webhook_ids, p_busy_counts) else 0 end as slots
            from unnest(p_webhook_ids, p_heads, p_floor_delivery_ids) as f(webhook_id, head_at, delivery_id)
            join tocsin_data.webhook_lanes l on l.bucket = (f.webhook_id & 63)::smallint and l.webhook_id = f.webhook_id
           cross join lateral (
             select coalesce(f.head_at, least(tocsin_internal.id_time(f.delivery_id), v_now - interval '2 seconds')) offset 0) as h(head_at)
           cross join lateral (select tocsin_internal.lane_ready_at(l, h.head_at, p_buckets, v_now) offset 0) as r(ready_at)
          offset 0) c;
  is_plain := v_lanes.are_plain;
  next_ready_at := v_lanes.next_ready_at;
  if v_lanes.ids is null or not is_plain then return; end if;
  v_share := p_limit / cardinality(v_lanes.ids);
  v_extra := p_limit % cardinality(v_lanes.ids);
  with claimed as (
    delete from tocsin_data.alert_delivery_queue q
     where q.ctid = any (array(
       select c.ctid from unnest(v_lanes.ids, v_lanes.heads, v_lanes.slots) with ordinality as v(webhook_id, head_at, slots, n)
        cross join lateral (
          select w.ctid from tocsin_data.alert_delivery_queue w
           where w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id
             and w.due_at >= v.head_at and w.due_at <= v_now
           order by w.due_at, w.delivery_id limit least(v.slots, v_share + (v.n <= v_extra)::integer)) c))
    returning q.delivery_id, q.alert_id, q.webhook_id, q.attempt)
  select array_agg(c.delivery_id), array_agg(c.alert_id), array_agg(c.webhook_id), array_agg(c.attempt),
         array_agg(v_lanes.versions[array_position(v_lanes.ids, c.webhook_id)]), min(c.alert_id), max(c.alert_id)
    into delivery_ids, alert_ids, webhook_ids, attempts, versions, first_alert_id, last_alert_id
    from claimed c;
  if delivery_ids is null then return; end if;
  tenant_ids := v_lanes.tenant_ids;
  lease_id := tocsin_internal.next_id();
  insert into tocsin_data.alert_delivery_leases
      (lease_id, worker_id, claimed_at, expires_at, delivery_ids, alert_ids, webhook_ids, attempts)
    values (lease_id, p_worker_id, v_now, v_now + p_lease_ms * interval '1 ms', delivery_ids, alert_ids, webhook_ids, attempts);
end
$$;
comment on function tocsin_internal.claim_known(bigint, integer, integer, smallint[], integer[], integer[], integer[], timestamptz[], bigint[]) is
  'Moves up to p_limit due deliveries of these webhooks, shared evenly, from alert_delivery_queue into one new row of alert_delivery_leases; each has its first at p_heads, or else not before its floor. Nothing, and is_plain false, where one of them is special or another worker is at work.';
