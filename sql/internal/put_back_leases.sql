-- The primary key of the log decides what was done: a member that is logged is not put back, so a crash between POST and
-- recording repeats only what was in flight. Lanes are locked in the order in which recording locks them. Hash and merge
-- joins are off because a plan made while the log was small would read all of it later.
create function tocsin_internal.put_back_leases(p_lease_ids bigint[]) returns integer
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_back integer;
begin
  perform from tocsin_data.webhook_lanes n
    where n.busy_delivery_id = any (array(
      select m.delivery_id from tocsin_data.alert_delivery_leases l cross join unnest(l.delivery_ids) as m(delivery_id)
       where l.lease_id = any (p_lease_ids)))
    order by n.webhook_id for update;
  with lost as (
    delete from tocsin_data.alert_delivery_leases l where l.lease_id = any (p_lease_ids)
    returning l.delivery_ids, l.alert_ids, l.webhook_ids, l.attempts),
  members as materialized (
    select m.delivery_id, m.alert_id, m.webhook_id, m.attempt, n.bucket, n.tenant_id
      from lost cross join lateral unnest(lost.delivery_ids, lost.alert_ids, lost.webhook_ids, lost.attempts)
             as m(delivery_id, alert_id, webhook_id, attempt)
      join tocsin_data.webhook_lanes n on n.bucket = (m.webhook_id & 63)::smallint and n.webhook_id = m.webhook_id),
  freed as (
    update tocsin_data.webhook_lanes n set busy_delivery_id = null, busy_until = null
      from members m where n.busy_delivery_id = m.delivery_id)
  insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt,
      is_urgent)
    select tocsin_internal.id_time(m.delivery_id), m.delivery_id, m.alert_id, m.webhook_id, m.tenant_id, m.bucket, m.attempt,
           tocsin_internal.is_urgent(m.tenant_id, m.alert_id)
      from members m
     where not exists (select from tocsin_data.alert_delivery_log g
                        where g.bucket = m.bucket and g.delivery_id = m.delivery_id and g.attempt = m.attempt);
  get diagnostics v_back = row_count;
  return v_back;
end
$$;
comment on function tocsin_internal.put_back_leases(bigint[]) is
  'Ends leases: what of them is not in alert_delivery_log returns to alert_delivery_queue.';
