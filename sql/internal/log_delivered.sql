-- The common case, lean: on conflict would cost a look-up and a record of write-ahead log for each row. Arrays of the
-- results go into the health deltas as they came.
create function tocsin_internal.log_delivered(
  p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[], p_status_codes smallint[],
  p_response_ms integer[], p_response_bodies text[]) returns integer
language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp();
  v_logged integer;
begin
  with lanes as materialized (
    select l.webhook_id, l.tenant_id, l.bucket
      from (select distinct w.webhook_id from unnest(p_webhook_ids) as w(webhook_id)) d
      join tocsin_data.webhook_lanes l on l.bucket = (d.webhook_id & 63)::smallint and l.webhook_id = d.webhook_id)
  insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms,
      status_code, bucket, attempt, status, response_body)
    select r.delivery_id, r.alert_id, v_now, r.webhook_id, l.tenant_id, r.response_ms, r.status_code, l.bucket, r.attempt,
           'delivered', r.response_body
      from unnest(p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_status_codes, p_response_ms, p_response_bodies)
             as r(delivery_id, alert_id, webhook_id, attempt, status_code, response_ms, response_body)
      join lanes l on l.webhook_id = r.webhook_id;
  get diagnostics v_logged = row_count;
  insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
    values (v_now, p_webhook_ids, coalesce(p_response_ms, array_fill(0, array[v_logged])));
  return v_logged;
exception when unique_violation then
  return null;
end
$$;
comment on function tocsin_internal.log_delivered(bigint[], bigint[], integer[], smallint[], smallint[], integer[], text[]) is
  'Appends a batch of successes to alert_delivery_log and webhook_health_deltas and returns how many; null, and nothing written, when one of them is there already.';
