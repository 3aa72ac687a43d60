-- Dropping waits for whoever reads the partition, and whoever comes later waits behind the drop: so it gives up after
-- lock_timeout and the next run tries again. Each partition is its own attempt.
create function tocsin_internal.drop_partitions(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_part record; v_dropped integer := 0; v_before bigint;
begin
  perform set_config('lock_timeout', '200ms', true);
  select tocsin_internal.id_at(p_now - s.value * interval '1 day') into v_before
    from tocsin_data.settings s where s.name = 'retention_days';
  for v_part in
    select c.oid::regclass as name, split_part(split_part(pg_get_expr(c.relpartbound, c.oid), 'TO (''', 2), '''', 1)::bigint as upper_id
      from pg_class c join pg_inherits i on i.inhrelid = c.oid
     where i.inhparent = any (array['tocsin_data.alerts', 'tocsin_data.alert_delivery_log', 'tocsin_data.idempotency_keys']::regclass[])
     order by 2 limit 200
  loop
    continue when v_part.upper_id > v_before;
    begin
      execute format('drop table %s', v_part.name);
      v_dropped := v_dropped + 1;
    exception when lock_not_available then null;
    end;
  end loop;
  delete from tocsin_data.alert_dedupe_keys k where k.alert_id < v_before;
  return v_dropped;
end
$$;
comment on function tocsin_internal.drop_partitions(timestamptz) is
  'Drops the partitions that lie wholly before the retention time, as far as their locks can be had at once; returns how many.';
