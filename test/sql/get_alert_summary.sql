do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer; v_ids bigint[]; v_old bigint; v_truth record; s record; v_before bigint;
begin
  select * into s from tocsin.get_alert_summary(1);
  assert (s.total, s.pending, s.acknowledged, s.resolved, s.failed, s.critical, s.warning, s.info) = (0, 0, 0, 0, 0, 0, 0, 0);
  assert s.avg_pending_hours is null and s.oldest_pending_alert is null and s.oldest_pending_alert_id is null;

  perform tocsin.maintain_partitions();
  v_hook := pg_temp.make_webhook('hook', p_events => '{fails}', p_max_retries => 0);
  v_ids := array(select tocsin.raise_alert('calm', 'm', (array['INFO', 'WARNING', 'CRITICAL'])[1 + i % 3]) from generate_series(1, 12) i);
  perform tocsin.raise_alert('fails', 'm') from generate_series(1, 2);
  perform tocsin.raise_alert('calm', 'm', 'CRITICAL', p_tenant_id => v_other);
  -- One of three hours ago.
  v_old := tocsin_internal.id_at(now() - interval '3 hours') + 7;
  insert into tocsin_data.alerts select v_old, tenant_id, alert_type, 'CRITICAL', null, message, payload, 'pending', null, 0, null, null, now() - interval '3 hours'
    from tocsin_data.alerts where alert_id = v_ids[1];
  perform pg_temp.work('failed', 500, 'http_500');
  perform tocsin.acknowledge_alerts(1, v_ids[1:4], 'me');
  perform tocsin.resolve_alert(1, v_ids[4], 'me');
  perform tocsin.resolve_alert(1, v_ids[5], 'me');

  -- The same whatever is counted already: nothing, the old one, all; with changes before and after, applied or not.
  v_before := tocsin_internal.id_at(now() - interval '1 hour');
  perform tocsin_internal.keep_history_partitions(now() - interval '1 day', now());
  for v_round in 1..6 loop
    if v_round = 2 then perform tocsin_internal.tally_chunk(0, v_before); update tocsin_data.history_state set counted_before_id = v_before; end if;
    if v_round = 3 then
      perform tocsin_internal.tally_chunk(v_before, 9007199254740991);
      update tocsin_data.history_state set counted_before_id = 9007199254740991;
    end if;
    if v_round = 4 then perform tocsin.acknowledge_alert(1, v_ids[6], 'me'); perform tocsin.resolve_alert(1, v_ids[1], 'me'); end if;
    if v_round = 5 then perform tocsin_internal.tally_chunk(9007199254740991, 9007199254740991); end if;
    if v_round = 6 then perform tocsin.acknowledge_alert(1, v_old, 'me'); end if;
    select * into s from tocsin.get_alert_summary(1);
    select count(*) as total, count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'acknowledged') as acknowledged,
           count(*) filter (where status = 'resolved') as resolved, count(*) filter (where severity = 'CRITICAL') as critical,
           count(*) filter (where severity = 'WARNING') as warning, count(*) filter (where severity = 'INFO') as info,
           round(avg(date_part('epoch', clock_timestamp() - created_at) / 3600) filter (where status = 'pending')::numeric, 2) as hours,
           min(alert_id) filter (where status = 'pending') as oldest
      into v_truth from tocsin_data.alerts where tenant_id = 1;
    assert (s.total, s.pending, s.acknowledged, s.resolved, s.critical, s.warning, s.info, s.oldest_pending_alert_id)
         = (v_truth.total, v_truth.pending, v_truth.acknowledged, v_truth.resolved, v_truth.critical, v_truth.warning, v_truth.info, v_truth.oldest),
      format('round %s: %s, not %s', v_round, s, v_truth);
    assert abs(s.avg_pending_hours - v_truth.hours) <= 0.011, format('round %s: %s hours, not %s', v_round, s.avg_pending_hours, v_truth.hours);
    assert s.failed = 2 and abs(date_part('epoch', s.oldest_pending_alert - tocsin_internal.id_time(v_truth.oldest))) < 0.001;
  end loop;
  assert s.total = 15 and s.resolved = 3 and (select count(*) = 0 from tocsin_data.alert_hours where tenant_id not in (1, v_other));

  -- What is retried by hand is not given up any more.
  perform tocsin.retry_delivery((select min(delivery_id) from tocsin_data.alert_delivery_log where status = 'failed'));
  assert (select g.failed = 1 from tocsin.get_alert_summary(1) g);
end
$$;
