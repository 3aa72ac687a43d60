-- Called when something is about to be written, so that nothing of the history is lost however long nobody looked after it.
-- Once a day there is more to do than a few look-ups. A partition that somebody reads is dropped another time.
create function tocsin_internal.keep_history_partitions(p_from timestamptz, p_until timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_level record; v_part record; v_from date; v_name text; v_made integer := 0;
  v_lock_timeout text := current_setting('lock_timeout');
begin
  for v_level in select * from tocsin_internal.history_levels() loop
    v_from := date '2025-01-01' + ((p_from at time zone 'UTC')::date - date '2025-01-01') / v_level.partition_days * v_level.partition_days;
    while v_from <= (p_until at time zone 'UTC')::date + 1 loop
      v_name := v_level.partitioned_table || '_' || to_char(v_from, 'YYYYMMDD');
      if to_regclass('tocsin_data.' || v_name) is null then
        execute format('create table tocsin_data.%I (like tocsin_data.%I including defaults including constraints) with (fillfactor = 80)',
          v_name, v_level.partitioned_table);
        execute format('alter table tocsin_data.%I attach partition tocsin_data.%I for values from (%L) to (%L)',
          v_level.partitioned_table, v_name, v_from::timestamp at time zone 'UTC',
          (v_from + v_level.partition_days)::timestamp at time zone 'UTC');
        v_made := v_made + 1;
      end if;
      v_from := v_from + v_level.partition_days;
    end loop;
  end loop;
  if v_made = 0 then return 0; end if;
  perform set_config('lock_timeout', '200ms', true);
  for v_part in
    select c.oid::regclass as name from tocsin_internal.history_levels() l
      join pg_inherits i on i.inhparent = ('tocsin_data.' || l.partitioned_table)::regclass join pg_class c on c.oid = i.inhrelid
     where right(c.relname, 8) <= to_char(least((p_until at time zone 'UTC')::date - l.days_kept, (p_from at time zone 'UTC')::date)
             - l.partition_days, 'YYYYMMDD')
     order by right(c.relname, 8) limit 100
  loop
    begin
      execute format('drop table %s', v_part.name);
    exception when lock_not_available then null;
    end;
  end loop;
  perform set_config('lock_timeout', v_lock_timeout, true);
  return v_made;
end
$$;
comment on function tocsin_internal.keep_history_partitions(timestamptz, timestamptz) is
  'Makes the partitions of the history that a span of time and the day after it need, and with the first new one drops those that are no longer kept; returns how many it made.';
