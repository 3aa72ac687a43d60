-- p_tenant_id is last and may be left out, so that an operator can say: select * from tocsin.retry_delivery(123).
create or replace function tocsin.retry_delivery(p_delivery_id bigint, p_tenant_id integer default null)
returns table (id bigint, alert_id bigint, webhook_id integer, status text, attempt_count integer, last_status_code smallint,
  last_error text, response_ms integer, last_attempt_at timestamptz, next_attempt_at timestamptz, created_at timestamptz)
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_found record := tocsin_internal.find_delivery(p_delivery_id, p_tenant_id);
  v_moved boolean;
begin
  if v_found.place is null then
    raise exception using errcode = 'NTFND', message = 'There is no such delivery.';
  elsif v_found.place = 'lease' then
    raise exception using errcode = 'STALE', message = 'The delivery is being sent right now.',
      hint = 'Look at it again in a moment.';
  elsif exists (select from tocsin_data.webhooks w where w.webhook_id = v_found.webhook_id and w.deleted_at is not null) then
    raise exception using errcode = 'INVLD', message = 'The webhook of the delivery was deleted.';
  elsif not exists (select from tocsin_data.alerts a
                     where a.tenant_id = v_found.tenant_id and a.alert_id = v_found.alert_id) then
    raise exception using errcode = 'INVLD', message = 'The alert of the delivery was dropped by age, so there is nothing to send.';
  end if;
  v_moved := case when v_found.place = 'log'
    then tocsin_internal.requeue_ended(p_delivery_id, v_found.webhook_id, v_found.attempt, v_found.due_at)
    else tocsin_internal.requeue_waiting(p_delivery_id, v_found.webhook_id, v_found.place, v_found.due_at) end;
  if not v_moved then
    raise exception using errcode = 'STALE', message = 'The delivery has just been taken up by a worker or by another retry.',
      hint = 'Look at it again in a moment.';
  end if;
  perform tocsin_internal.unblock_lane(v_found.webhook_id);
  perform tocsin_internal.wake_idle_worker();
  return query select d.*
    from tocsin_internal.describe_deliveries(array[p_delivery_id], array[v_found.webhook_id], array[v_found.alert_id]) d;
end
$$;
comment on function tocsin.retry_delivery(bigint, integer) is
  'Makes a delivery due now, whether it waits or has ended, lets a blocked webhook be tried at once, and returns the delivery; a null tenant is any. Only a disabled webhook keeps it waiting. Writes alert_delivery_queue, _retries, _parked, alert_delivery_log, webhook_lanes and webhook_health_metrics; raises NTFND, STALE while it is being sent, INVLD when its alert or webhook is gone.';
