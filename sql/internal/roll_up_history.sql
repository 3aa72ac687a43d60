-- The seconds of grace only save a second addition for results that were committed late.
create function tocsin_internal.roll_up_history(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_before timestamptz := date_bin('1 minute', p_now - interval '5 seconds', '2000-01-01 00:00Z');
  v_minute_at timestamptz; v_rows integer := 0;
begin
  for v_minute_at in
    select distinct d.minute_at from tocsin_data.history_deltas d where d.minute_at < v_before order by 1 limit 10
  loop
    perform tocsin_internal.keep_history_partitions(v_minute_at, p_now);
    v_rows := v_rows + tocsin_internal.roll_up_minute(v_minute_at);
  end loop;
  return v_rows;
end
$$;
comment on function tocsin_internal.roll_up_history(timestamptz) is
  'Adds the rows of history_deltas whose minute is over to history, ten minutes of them at most, and deletes them; returns how many rows of history it wrote. Makes and drops partitions of history.';
