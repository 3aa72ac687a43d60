-- An ordered webhook keeps the delivery at the head of its lane, and the lane waits; elsewhere the delivery waits alone.
create function tocsin_internal.schedule_retries(p_logged tocsin_data.alert_delivery_log[]) returns void
language plpgsql volatile as $$
begin
  with retry as materialized (
    select g.*, l.ordered, tocsin_internal.is_urgent(g.tenant_id, g.alert_id) as is_urgent from unnest(p_logged) g
      join tocsin_data.webhook_lanes l on l.bucket = g.bucket and l.webhook_id = g.webhook_id
     where g.status = 'retrying'),
  later as (
    insert into tocsin_data.alert_delivery_retries (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
        is_urgent)
      select r.next_attempt_at, r.delivery_id, r.alert_id, r.webhook_id, r.tenant_id, r.bucket, r.attempt + 1, r.is_urgent
        from retry r where not r.ordered and r.next_attempt_at > r.attempted_at + interval '2 minutes'),
  held as (
    update tocsin_data.webhook_lanes l set blocked_until = greatest(l.blocked_until, r.next_attempt_at)
      from retry r where r.ordered and l.bucket = r.bucket and l.webhook_id = r.webhook_id)
  insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt, is_urgent)
    select case when r.ordered then tocsin_internal.id_time(r.delivery_id) else r.next_attempt_at end,
           r.delivery_id, r.alert_id, r.webhook_id, r.tenant_id, r.bucket, r.attempt + 1, r.is_urgent
      from retry r where r.ordered or r.next_attempt_at <= r.attempted_at + interval '2 minutes';
end
$$;
comment on function tocsin_internal.schedule_retries(tocsin_data.alert_delivery_log[]) is
  'Puts deliveries whose attempt failed back into alert_delivery_queue, or alert_delivery_retries when due in more than two minutes.';
