do $$
declare
  v_id bigint; v_over bigint; a record;
begin
  assert tocsin.report_condition('here', 'tocsin.api_slow', false, 'INFO', 'It is over.') is null, 'what did not hold cannot end';
  v_id := tocsin.report_condition('here', 'tocsin.api_slow', true, 'WARNING', 'It is slow.', '{"limit": 0.5}');
  assert v_id is not null;
  assert tocsin.report_condition('here', 'tocsin.api_slow', true, 'WARNING', 'It is slow.') is null, 'it is told once';
  assert tocsin.report_condition('there', 'tocsin.api_slow', true, 'WARNING', 'It is slow.') is not null, 'but of each server';
  select * into a from tocsin.get_alert(1, v_id);
  assert (a.alert_type, a.severity, a.status) = ('tocsin.api_slow', 'WARNING', 'pending'), a::text;
  assert a.context = '{"limit": 0.5, "scope": "here", "state": "entered"}', a::text;
  assert (select w.conditions from tocsin.watch_system('here') w) = '{tocsin.api_slow}';
  assert (select w.system_conditions from tocsin.watch_system('here') w) = '{}';
  assert (select w.is_leader from tocsin.watch_system('here') w), 'nobody else asked';

  v_over := tocsin.report_condition('here', 'tocsin.api_slow', false, 'INFO', 'It is over.');
  assert tocsin.report_condition('here', 'tocsin.api_slow', false, 'INFO', 'It is over.') is null;
  select * into a from tocsin.get_alert(1, v_id);
  assert (a.status, a.resolved_by) = ('resolved', 'tocsin'), a::text;
  select * into a from tocsin.get_alert(1, v_over);
  assert (a.severity, a.status, a.context ->> 'state') = ('INFO', 'pending', 'left'), a::text;
  assert (select w.conditions from tocsin.watch_system('here') w) = '{}';
  assert tocsin.report_condition('here', 'tocsin.api_slow', true, 'WARNING', 'Again.') > v_id, 'it may come again';

  perform tocsin.set_queue_limit('default', 1);
  insert into tocsin_data.tenant_queues values (1, 2, now(), now() + interval '1 hour');
  begin
    perform tocsin.raise_alert('orders.lost', 'x');
    assert false, 'the queue is full';
  exception when sqlstate 'LIMIT' then null;
  end;
  v_id := tocsin.report_condition('here', 'tocsin.lag_growing', true, 'CRITICAL', 'It grows.');
  assert (select g.status from tocsin.get_alert(1, v_id) g) = 'pending', 'a full queue silences nothing';
  assert tocsin.report_condition('here', 'tocsin.lag_growing', false, 'INFO', 'It is over.') > v_id;

  begin
    perform tocsin.report_condition('here', 'orders.lost', true, 'INFO', 'x');
    assert false;
  exception when sqlstate 'INVLD' then null;
  end;
end
$$;
