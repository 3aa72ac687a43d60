-- Made when needed, dropped when nothing in them is kept any more.
do $$
declare
  v_day date := (now() at time zone 'UTC')::date;
  v_old timestamptz := now() - interval '40 days';
  v_left record; v_ahead integer;
begin
  assert tocsin_internal.keep_history_partitions(now(), now()) = 2 + 1 + 1 + 1
      or tocsin_internal.keep_history_partitions(now(), now()) = 0, 'today and tomorrow';
  assert tocsin_internal.keep_history_partitions(now(), now()) = 0, 'and no more to do';
  perform tocsin_internal.keep_history_partitions(v_old, now());
  insert into tocsin_data.history
    select s.step, a.at, 1, 0, 1, 1, 0, 0, null, null, 0, 0, '{}', '{}'
      from unnest('{60,300,3600}'::smallint[]) as s(step) cross join (values (v_old), (now() - interval '6 days')) as a(at);
  -- The first new partition of a day takes away what is too old by then.
  foreach v_ahead in array '{1,75}'::integer[] loop
    perform tocsin_internal.keep_history_partitions(now() + v_ahead * interval '1 day', now() + v_ahead * interval '1 day');
    for v_left in
      select l.partitioned_table, l.days_kept, l.partition_days, min(to_date(right(c.relname, 8), 'YYYYMMDD')) as first, count(*) as n
        from tocsin_internal.history_levels() l join pg_inherits i on i.inhparent = ('tocsin_data.' || l.partitioned_table)::regclass
        join pg_class c on c.oid = i.inhrelid group by 1, 2, 3
    loop
      assert v_left.first + v_left.partition_days > v_day + v_ahead - v_left.days_kept, format('%s reaches back to %s', v_left.partitioned_table, v_left.first);
      assert v_ahead = 75 or v_left.days_kept > 40 or v_left.first <= v_day + v_ahead - v_left.days_kept + v_left.partition_days,
        format('%s begins at %s', v_left.partitioned_table, v_left.first);
      assert v_left.n <= 40, 'partitions stay few';
    end loop;
    assert (select array_agg(h.step_seconds order by h.step_seconds, h.starts_at) from tocsin_data.history h)
      is not distinct from case v_ahead when 1 then '{60,300,3600,3600}' else '{3600}' end::smallint[], format('%s days ahead', v_ahead);
  end loop;

  -- Figures that nobody added up for longer than they would have been kept still find their place.
  insert into tocsin_data.history_deltas (minute_at, is_total, tenant_ids, latency_buckets, delivered)
    values (date_bin('1 minute', now() - interval '20 days', '2000-01-01 00:00Z'), true, '{1,0}', '{5,5}', '{3,3}');
  assert tocsin_internal.roll_up_history(clock_timestamp()) = 6;
  assert (select sum(h.delivered) = 3 from tocsin_data.history h where h.step_seconds = 3600 and h.tenant_id = 1 and h.starts_at < now() - interval '19 days');
  assert not exists (select from tocsin_data.history_deltas);
end
$$;
