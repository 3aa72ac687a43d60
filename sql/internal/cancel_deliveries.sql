-- The lane of a deleted webhook is shut, so park_deliveries takes what is in the queue to where it is cancelled from.
create function tocsin_internal.cancel_deliveries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_logged tocsin_data.alert_delivery_log[];
begin
  with dead as materialized (
    select l.bucket, l.webhook_id from tocsin_data.webhook_lanes l join tocsin_data.webhooks w on w.webhook_id = l.webhook_id
     where not l.is_open and w.deleted_at is not null),
  parked as (
    delete from tocsin_data.alert_delivery_parked p where p.ctid = any (array(
      select o.ctid from dead d cross join lateral (
        select q.ctid from tocsin_data.alert_delivery_parked q where q.bucket = d.bucket and q.webhook_id = d.webhook_id
         limit 5000 for update skip locked) o
       limit 5000))
    returning *),
  retries as (
    delete from tocsin_data.alert_delivery_retries p where p.ctid = any (array(
      select o.ctid from dead d cross join lateral (
        select q.ctid from tocsin_data.alert_delivery_retries q where q.webhook_id = d.webhook_id
         limit 5000 for update skip locked) o
       limit 5000))
    returning *),
  logged as (
    insert into tocsin_data.alert_delivery_log as g
        (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, bucket, attempt, status, error)
      select e.delivery_id, e.alert_id, clock_timestamp(), e.webhook_id, e.tenant_id, e.bucket, e.attempt, 'cancelled', 'webhook_deleted'
        from (select * from parked union all select * from retries) e
    on conflict do nothing returning g as entry)
  select array_agg(l.entry) into v_logged from logged l;
  perform tocsin_internal.note_history(v_logged);
  return coalesce(cardinality(v_logged), 0);
end
$$;
comment on function tocsin_internal.cancel_deliveries() is
  'Ends as cancelled what waits for deleted webhooks, 10,000 at most; returns how many.';
