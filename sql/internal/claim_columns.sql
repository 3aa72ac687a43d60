-- A floor is a delivery that was claimed, and what became due before it was claimed too or is found by a walk without floors. It
-- leaves two seconds to transactions that were open when the floor was claimed, as long as no backlog makes that expensive.
create function tocsin_internal.claim_columns(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue_ms integer, p_busy_webhook_ids integer[], p_busy_counts integer[], p_floor_webhook_ids integer[],
  p_floor_delivery_ids bigint[], p_walks boolean)
returns table (lease_id bigint, delivery_ids text, alert_ids text, webhook_ids text, attempts text, versions text,
  payload_alert_ids text, payloads text, next_after_webhook_id integer,
  next_ready_ms integer, walk_us integer)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  c record;
  v_min bigint; v_max bigint; v_floors timestamptz[];
begin
  if p_floor_delivery_ids is not null then
    v_floors := array(select least(tocsin_internal.id_time(f.id), clock_timestamp() - interval '2 seconds')
                        from unnest(p_floor_delivery_ids) with ordinality as f(id, n) order by f.n);
  end if;
  c := tocsin_internal.claim_batch(p_worker_id, p_limit, p_lease_ms, p_after_webhook_id, p_buckets,
    p_overdue_ms * interval '1 ms', p_busy_webhook_ids, p_busy_counts, true, p_floor_webhook_ids, v_floors, p_walks);
  next_after_webhook_id := c.next_after_webhook_id;
  next_ready_ms := least(60000, ceil(date_part('epoch', c.next_ready_at - clock_timestamp()) * 1000));
  walk_us := c.walk_us;
  lease_id := (c.lease).lease_id;
  if lease_id is not null then
    delivery_ids := array_to_string((c.lease).delivery_ids, ',');
    alert_ids := array_to_string((c.lease).alert_ids, ',');
    webhook_ids := array_to_string((c.lease).webhook_ids, ',');
    attempts := array_to_string((c.lease).attempts, ',');
    -- The bounds let the planner leave out the other partitions.
    select min(m.alert_id), max(m.alert_id) into v_min, v_max from unnest((c.lease).alert_ids) as m(alert_id);
    with lanes as materialized (
      select l.webhook_id, l.version, l.tenant_id
        from (select distinct m.webhook_id from unnest((c.lease).webhook_ids) as m(webhook_id)) d
        join tocsin_data.webhook_lanes l on l.bucket = (d.webhook_id & 63)::smallint and l.webhook_id = d.webhook_id)
    select (select string_agg(l.version::text, ',' order by m.n)
              from unnest((c.lease).webhook_ids) with ordinality as m(webhook_id, n) join lanes l on l.webhook_id = m.webhook_id),
           p.ids, p.payloads
      into versions, payload_alert_ids, payloads
      -- Both keys as arrays: one scan of the index looks up each alert once, whatever lies between.
      from (select string_agg(a.alert_id::text, ',') as ids, string_agg(a.payload, E'\x1e') as payloads
              from tocsin_data.alerts a
             where a.tenant_id = any (array(select l.tenant_id from lanes l)) and a.alert_id = any ((c.lease).alert_ids)
               and a.alert_id between v_min and v_max) p;
  end if;
  return next;
end
$$;
comment on function tocsin_internal.claim_columns(bigint, integer, integer, integer, smallint[], integer, integer[], integer[], integer[], bigint[], boolean) is
  'Claims a batch and gives it as columns for the worker, with the payloads and the version of each webhook.';
