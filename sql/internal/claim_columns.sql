create function tocsin_internal.claim_columns(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue_ms integer, p_busy_webhook_ids integer[], p_busy_counts integer[], p_floor_webhook_ids integer[],
  p_floor_delivery_ids bigint[], p_walks boolean,
  out lease_id bigint, out delivery_ids text, out alert_ids text, out webhook_ids text, out attempts text, out versions text,
  out payload_alert_ids text, out payloads text, out next_after_webhook_id integer, out next_ready_ms integer, out walk_us integer)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_floors timestamptz[]; v_walk record; b record; c record; v_is_plain boolean := false;
begin
  next_after_webhook_id := p_after_webhook_id;
  if not p_walks and p_overdue_ms = 0 then
    c := tocsin_internal.claim_known(p_worker_id, p_limit, p_lease_ms, p_buckets, p_busy_webhook_ids, p_busy_counts,
      p_floor_webhook_ids, null, p_floor_delivery_ids);
    v_is_plain := c.is_plain;
  elsif p_walks and p_overdue_ms = 0 and p_after_webhook_id = 0 then
    v_floors := tocsin_internal.floor_times(p_floor_delivery_ids);
    v_walk := tocsin_internal.walk_few(p_limit, p_buckets, p_floor_webhook_ids, v_floors);
    walk_us := coalesce(v_walk.walk_us, 0);
    if v_walk.are_all then
      c := tocsin_internal.claim_known(p_worker_id, p_limit, p_lease_ms, p_buckets, p_busy_webhook_ids, p_busy_counts,
        v_walk.webhook_ids, v_walk.heads, null);
      v_is_plain := c.is_plain;
    end if;
  end if;
  if not v_is_plain then
    b := tocsin_internal.claim_batch(p_worker_id, p_limit, p_lease_ms, p_after_webhook_id, p_buckets,
      p_overdue_ms * interval '1 ms', p_busy_webhook_ids, p_busy_counts, true, p_floor_webhook_ids,
      coalesce(v_floors, tocsin_internal.floor_times(p_floor_delivery_ids)), p_walks);
    next_after_webhook_id := b.next_after_webhook_id;
    walk_us := b.walk_us + coalesce(walk_us, 0);
    select k.lease_id, k.delivery_ids, k.alert_ids, k.webhook_ids, k.attempts, b.next_ready_at, l.* into c
      from (select (b.lease).*) k
     cross join lateral (
       select array_agg(n.version order by m.n) as versions, array_agg(distinct n.tenant_id) as tenant_ids,
              min(m.alert_id) as first_alert_id, max(m.alert_id) as last_alert_id
         from unnest(k.webhook_ids, k.alert_ids) with ordinality as m(webhook_id, alert_id, n)
         join tocsin_data.webhook_lanes n on n.bucket = (m.webhook_id & 63)::smallint and n.webhook_id = m.webhook_id) l;
  end if;
  next_ready_ms := least(60000, ceil(date_part('epoch', c.next_ready_at - clock_timestamp()) * 1000));
  lease_id := c.lease_id;
  if lease_id is not null then
    delivery_ids := array_to_string(c.delivery_ids, ',');
    alert_ids := array_to_string(c.alert_ids, ',');
    webhook_ids := array_to_string(c.webhook_ids, ',');
    attempts := array_to_string(c.attempts, ',');
    versions := array_to_string(c.versions, ',');
    -- Both keys as arrays: one scan of the index looks up each alert once, whatever lies between. The bounds let the planner
    -- leave out the other partitions.
    select string_agg(a.alert_id::text, ','), string_agg(a.payload, E'\x1e') into payload_alert_ids, payloads
      from tocsin_data.alerts a
     where a.tenant_id = any (c.tenant_ids) and a.alert_id = any (c.alert_ids)
       and a.alert_id between c.first_alert_id and c.last_alert_id;
  end if;
end
$$;
comment on function tocsin_internal.claim_columns(bigint, integer, integer, integer, smallint[], integer, integer[], integer[], integer[], bigint[], boolean) is
  'Claims a batch and gives it as columns for the worker, with the payloads and the version of each webhook.';
