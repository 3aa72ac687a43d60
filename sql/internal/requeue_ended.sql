-- The row of the last attempt is the lock: of two retries one changes it, and the other then finds it changed. A failed one
-- turns into retrying, so that what has been given up stays what has the status failed.
create function tocsin_internal.requeue_ended(p_delivery_id bigint, p_webhook_id integer, p_attempt smallint, p_seen_at timestamptz)
returns boolean
language plpgsql volatile as $$
declare
  v_last tocsin_data.alert_delivery_log;
begin
  update tocsin_data.alert_delivery_log g
     set next_attempt_at = clock_timestamp(), status = case g.status when 'failed' then 'retrying' else g.status end
   where g.delivery_id = p_delivery_id and g.bucket = (p_webhook_id & 63)::smallint and g.attempt = p_attempt
     and g.next_attempt_at is not distinct from p_seen_at
  returning * into v_last;
  if v_last.delivery_id is null then return false; end if;
  insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
      is_urgent)
    values (tocsin_internal.id_time(p_delivery_id), p_delivery_id, v_last.alert_id, p_webhook_id, v_last.tenant_id, v_last.bucket,
      v_last.attempt + 1, tocsin_internal.is_urgent(v_last.tenant_id, v_last.alert_id));
  return true;
end
$$;
comment on function tocsin_internal.requeue_ended(bigint, integer, smallint, timestamptz) is
  'Puts a delivery that has ended, and whose last attempt had this next_attempt_at, into alert_delivery_queue for one more attempt and notes it in alert_delivery_log; false when another retry was faster.';
