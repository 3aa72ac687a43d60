-- Dropping waits for whoever reads the table, and whoever comes later waits behind the drop: so it gives up after
-- lock_timeout, all for this time, and the next run tries again. A partition stays while a delivery of its time waits or
-- is being sent, for recording could not log it any more; the check has one snapshot, so no move between tables escapes it.
-- The offset keeps the planner from reading the bounds of other tables' partitions as ids.
create function tocsin_internal.drop_partitions(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_part record; v_dropped integer := 0; v_before bigint;
begin
  select tocsin_internal.id_at(p_now - s.value * interval '1 day') into v_before
    from tocsin_data.settings s where s.name = 'retention_days';
  select least(v_before, min(o.delivery_id)) into v_before from (
    select m.delivery_id from tocsin_data.alert_delivery_leases l cross join unnest(l.delivery_ids) as m(delivery_id)
    union all (select p.delivery_id from tocsin_data.alert_delivery_parked p order by p.delivery_id limit 1)
    union all (select r.delivery_id from tocsin_data.alert_delivery_retries r order by r.delivery_id limit 1)
    union all (select q.delivery_id from tocsin_data.alert_delivery_queue q where q.delivery_id < v_before)) o;
  delete from tocsin_data.alert_dedupe_keys k where k.ctid = any (array(
    select o.ctid from tocsin_data.alert_dedupe_keys o where o.alert_id < v_before for update skip locked));
  for v_part in
    select p.name, p.upper_id from (
      select c.oid::regclass as name, split_part(split_part(pg_get_expr(c.relpartbound, c.oid), 'TO (''', 2), '''', 1)::bigint as upper_id
        from pg_class c join pg_inherits i on i.inhrelid = c.oid
       where i.inhparent in ('tocsin_data.alerts'::regclass, 'tocsin_data.alert_delivery_log'::regclass,
               'tocsin_data.idempotency_keys'::regclass) offset 0) p
     where p.upper_id <= v_before order by p.upper_id limit 200
  loop
    begin
      perform set_config('lock_timeout', '100ms', true);
      execute format('drop table %s', v_part.name);
      v_dropped := v_dropped + 1;
    exception when lock_not_available then exit;
    end;
  end loop;
  return v_dropped;
end
$$;
comment on function tocsin_internal.drop_partitions(timestamptz) is
  'Drops the partitions that lie wholly before the retention time, as far as their locks can be had at once; returns how many.';
