-- Only what is parked: the lane of a deleted webhook is shut, so park_deliveries brings everything here.
create function tocsin_internal.cancel_deliveries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_cancelled integer;
begin
  with ended as (
    delete from tocsin_data.alert_delivery_parked p where p.ctid = any (array(
      select o.ctid from tocsin_data.webhooks w
       cross join lateral (
         select q.ctid from tocsin_data.alert_delivery_parked q where q.bucket = w.bucket and q.webhook_id = w.webhook_id
          limit 5000 for update skip locked) o
       where w.deleted_at is not null
         and exists (select from tocsin_data.webhook_lanes l where l.bucket = w.bucket and l.webhook_id = w.webhook_id and l.parked)
       limit 5000))
    returning *)
  insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, bucket, attempt, status, error)
    select e.delivery_id, e.alert_id, clock_timestamp(), e.webhook_id, e.tenant_id, e.bucket, e.attempt, 'cancelled', 'webhook_deleted'
      from ended e
  on conflict do nothing;
  get diagnostics v_cancelled = row_count;
  return v_cancelled;
end
$$;
comment on function tocsin_internal.cancel_deliveries() is
  'Ends as cancelled what waits for deleted webhooks, 5,000 at most; returns how many.';
