-- The common case, lean: on conflict would cost a look-up and a record of write-ahead log for each row. Arrays of the
-- results go into the health deltas as they came.
create function tocsin_internal.record_delivered(
  p_lease_ids bigint[], p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[],
  p_status_codes smallint[], p_response_ms integer[], p_response_bodies text[], p_closed_lease_ids bigint[]) returns integer
language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp();
  v_lanes record; v_logged integer;
begin
  select array(select l.lease_id from tocsin_data.alert_delivery_leases l
                where l.lease_id = any (p_lease_ids) order by l.lease_id for update) as held,
         array_agg(l.webhook_id) as ids, array_agg(l.tenant_id) as tenant_ids,
         bool_or(l.watched) as are_watched, bool_or(l.busy_delivery_id is not null) as are_busy
    into v_lanes
    from (select distinct w.webhook_id from unnest(p_webhook_ids) as w(webhook_id)) d
    join tocsin_data.webhook_lanes l on l.bucket = (d.webhook_id & 63)::smallint and l.webhook_id = d.webhook_id;
  if v_lanes.are_watched is distinct from false or not p_lease_ids <@ v_lanes.held then return null; end if;
  insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms,
      status_code, bucket, attempt, status, response_body)
    select r.delivery_id, r.alert_id, v_now, r.webhook_id, l.tenant_id, r.response_ms, r.status_code,
           (r.webhook_id & 63)::smallint, r.attempt, 'delivered', r.response_body
      from unnest(p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_status_codes, p_response_ms, p_response_bodies)
             as r(delivery_id, alert_id, webhook_id, attempt, status_code, response_ms, response_body)
      join unnest(v_lanes.ids, v_lanes.tenant_ids) as l(webhook_id, tenant_id) on l.webhook_id = r.webhook_id;
  get diagnostics v_logged = row_count;
  insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
    values (v_now, p_webhook_ids, coalesce(array_replace(p_response_ms, null, 0), array_fill(0, array[v_logged])));
  if v_lanes.are_busy or p_closed_lease_ids is null then
    perform tocsin_internal.close_leases(v_lanes.held, p_delivery_ids, p_closed_lease_ids);
  else
    delete from tocsin_data.alert_delivery_leases l where l.lease_id = any (p_closed_lease_ids) and l.lease_id = any (v_lanes.held);
  end if;
  return v_logged;
exception when unique_violation then
  return null;
end
$$;
comment on function tocsin_internal.record_delivered(bigint[], bigint[], bigint[], integer[], smallint[], smallint[], integer[], text[], bigint[]) is
  'Records a batch of successes as record_results does and returns how many; null, and nothing written, where it is not as simple: a lease is gone, one of them is recorded already, or a webhook is watched.';
