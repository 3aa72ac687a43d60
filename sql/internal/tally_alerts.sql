-- Counting at the moment of raising would cost every raise_alert a write. So alerts are counted later, each exactly once, by
-- their ids, which are times. That an id is old does not mean that its transaction has ended, so each tick notes its own
-- transaction: when all that still run are younger than a tick's, whatever was raised before the tick is committed or gone.
-- Ten seconds allow for what lies between making an id and the transaction's first write.
create function tocsin_internal.tally_alerts(p_now timestamptz) returns integer
language plpgsql volatile as $$
declare
  v_settled_at timestamptz; v_from bigint; v_to bigint; v_until bigint; v_counted integer := 0;
begin
  select s.counted_before_id into v_from from tocsin_data.history_state s where s.tally_due_at <= p_now;
  if not found then return 0; end if;
  insert into tocsin_data.history_ticks (ticked_at, xid) values (now(), pg_current_xact_id());
  select max(t.ticked_at) into v_settled_at
    from tocsin_data.history_ticks t where t.xid < pg_snapshot_xmin(pg_current_snapshot());
  delete from tocsin_data.history_ticks t where t.ticked_at < v_settled_at;
  v_until := greatest(v_from, tocsin_internal.id_at(v_settled_at - interval '10 seconds'));
  perform tocsin_internal.keep_history_partitions(
    greatest(tocsin_internal.id_time(v_from), p_now - interval '30 days'), p_now);
  -- A minute of alerts at a time, and no longer than a moment: what is left over is counted when it is asked for.
  for v_chunk in 1..100 loop
    v_from := coalesce(tocsin_internal.next_alert_id(v_from, v_until), v_until);
    v_to := least(v_until, v_from + (60 * 1024::bigint << 13));
    v_counted := v_counted + tocsin_internal.tally_chunk(v_from, v_to);
    v_from := v_to;
    exit when v_from >= v_until or clock_timestamp() > p_now + interval '200 milliseconds';
  end loop;
  delete from tocsin_data.alert_hours h where h.starts_at < tocsin_internal.oldest_alerts_at();
  update tocsin_data.history_state s
     set counted_before_id = v_from,
         tally_due_at = p_now + greatest(interval '5 seconds', (clock_timestamp() - p_now) * 50);
  return v_counted;
end
$$;
comment on function tocsin_internal.tally_alerts(timestamptz) is
  'Every five seconds or so, adds the alerts that are settled and not counted yet to alert_hours and alert_type_counts, and the changes of those that are; returns how many it counted. Writes history_state and history_ticks too.';
