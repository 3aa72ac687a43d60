-- Made as plain tables and attached, which takes a lock that lets reads and writes go on. An advisory lock makes the
-- second of two makers wait and find the work done.
create function tocsin_internal.make_partitions(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_parent text; v_days integer; v_from date; v_name text; v_made integer := 0; v_retention integer;
begin
  perform pg_advisory_xact_lock(1953456995, 2);
  select s.value into v_retention from tocsin_data.settings s where s.name = 'retention_days';
  foreach v_parent in array array['alerts', 'alert_delivery_log', 'idempotency_keys'] loop
    v_days := tocsin_internal.partition_days(v_parent);
    v_from := date '2025-01-01' + ((p_now at time zone 'UTC')::date - date '2025-01-01' - 1) / v_days * v_days;
    while v_from < (p_now at time zone 'UTC')::date + 8 loop
      v_name := v_parent || '_' || to_char(v_from, 'YYYYMMDD');
      if to_regclass('tocsin_data.' || v_name) is null then
        execute format('create table tocsin_data.%I (like tocsin_data.%I including defaults including constraints)', v_name, v_parent);
        execute format('alter table tocsin_data.%I attach partition tocsin_data.%I for values from (%s) to (%s)', v_parent, v_name,
          tocsin_internal.id_at(v_from::timestamp at time zone 'UTC'),
          tocsin_internal.id_at((v_from + v_days)::timestamp at time zone 'UTC'));
        v_made := v_made + 1;
      end if;
      v_from := v_from + v_days;
    end loop;
  end loop;
  update tocsin_data.settings s
     set value = tocsin_internal.id_at(((p_now at time zone 'UTC')::date + 8)::timestamp at time zone 'UTC')
   where s.name = 'partition_horizon'
     and s.value < tocsin_internal.id_at(((p_now at time zone 'UTC')::date + 8)::timestamp at time zone 'UTC');
  return v_made;
end
$$;
comment on function tocsin_internal.make_partitions(timestamptz) is
  'Makes the partitions of alerts, alert_delivery_log and idempotency_keys from yesterday to a week ahead; returns how many are new.';
