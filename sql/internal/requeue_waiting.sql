create function tocsin_internal.requeue_waiting(p_delivery_id bigint, p_webhook_id integer, p_place text, p_due_at timestamptz)
returns boolean
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_moved integer;
begin
  perform tocsin_internal.share_bucket((p_webhook_id & 63)::smallint);
  with taken as (
    delete from tocsin_data.alert_delivery_queue q
     where p_place = 'queue' and q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id
       and q.due_at = p_due_at and q.delivery_id = p_delivery_id
    returning q.*),
  unparked as (
    delete from tocsin_data.alert_delivery_parked q
     where p_place = 'parked' and q.delivery_id = p_delivery_id
    returning q.*),
  hastened as (
    delete from tocsin_data.alert_delivery_retries q
     where p_place = 'retries' and q.delivery_id = p_delivery_id
    returning q.*)
  insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
      is_urgent)
    select tocsin_internal.id_time(m.delivery_id), m.delivery_id, m.alert_id, m.webhook_id, m.tenant_id, m.bucket, m.attempt, m.is_urgent
      from (select * from taken union all select * from unparked union all select * from hastened) m;
  get diagnostics v_moved = row_count;
  if v_moved > 0 then
    update tocsin_data.alert_delivery_log g set next_attempt_at = least(g.next_attempt_at, clock_timestamp())
     where g.delivery_id = p_delivery_id and g.bucket = (p_webhook_id & 63)::smallint and g.status = 'retrying'
       and g.next_attempt_at > clock_timestamp();
  end if;
  return v_moved > 0;
end
$$;
comment on function tocsin_internal.requeue_waiting(bigint, integer, text, timestamptz) is
  'Moves a waiting delivery to the head of its lane in alert_delivery_queue and notes it in alert_delivery_log; false when it no longer waits there.';
