-- Parked and far-off deliveries can be so old; those of the queue only when no worker ran for as long. They end a day
-- before their partitions go (half the retention time if that is shorter), so that their end can be seen.
create function tocsin_internal.expire_deliveries(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_ended integer; v_all integer := 0; v_before bigint; v_logged tocsin_data.alert_delivery_log[];
  v_may_take boolean := (select bool_and(tocsin_internal.try_share_bucket(b::smallint)) from generate_series(0, 63) as b);
begin
  select tocsin_internal.id_at(p_now - (s.value - least(1, s.value / 2.0)) * interval '1 day') into v_before
    from tocsin_data.settings s where s.name = 'retention_days';
  for v_round in 1..20 loop
    with parked as (
      delete from tocsin_data.alert_delivery_parked p where p.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_parked o where o.delivery_id < v_before
         order by o.delivery_id limit 5000 for update skip locked)) returning *),
    retries as (
      delete from tocsin_data.alert_delivery_retries p where p.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_retries o where o.delivery_id < v_before
         order by o.delivery_id limit 5000 for update skip locked)) returning *),
    queued as (
      delete from tocsin_data.alert_delivery_queue p where p.ctid = any (array(
        select o.ctid from tocsin_data.alert_delivery_queue o where v_may_take and o.delivery_id < v_before
         limit 5000 for update skip locked)) returning *),
    ended as materialized (select * from parked union all select * from retries union all select * from queued),
    logged as (
      insert into tocsin_data.alert_delivery_log as g
          (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, bucket, attempt, status, error)
        select o.delivery_id, o.alert_id, p_now, o.webhook_id, o.tenant_id, o.bucket, o.attempt, 'failed', 'expired' from ended o
         where exists (select from tocsin_data.alerts a where a.tenant_id = o.tenant_id and a.alert_id = o.alert_id)
      on conflict do nothing returning g as entry)
    select (select count(*) from ended), (select array_agg(l.entry) from logged l) into v_ended, v_logged;
    perform tocsin_internal.note_history(v_logged);
    v_all := v_all + v_ended;
    exit when v_ended = 0;
  end loop;
  return v_all;
end
$$;
comment on function tocsin_internal.expire_deliveries(timestamptz) is
  'Ends as failed (expired) what has waited for nearly the retention time, up to 300,000; returns how many.';
