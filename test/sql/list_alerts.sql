do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_ids bigint[];
  v_page bigint[];
  a record;
begin
  perform pg_temp.make_webhook();
  for i in 1..25 loop
    v_ids := v_ids || tocsin.raise_alert('order.paid', 'Order ' || i || ' was paid', (array['INFO', 'WARNING', 'CRITICAL'])[1 + i % 3],
      jsonb_build_object('n', i, 'z', 1, 'a', 2), 'INSERT');
  end loop;
  perform tocsin.raise_alert('disk.full', 'The disk is full', p_tenant_id => v_other);

  select array_agg(l.id) into v_page from tocsin.list_alerts(1) l;
  assert v_page = array(select i from unnest(v_ids) i order by i desc limit 20), 'the newest 20, newest first';
  assert array(select l.id from tocsin.list_alerts(1, p_before_id => v_page[20]) l) = array(select i from unnest(v_ids) i order by i desc offset 20);
  assert array(select l.id from tocsin.list_alerts(1, p_limit => 5, p_offset => 3) l) = v_page[4:8];
  assert (select array_agg(l.message) = '{"The disk is full"}' from tocsin.list_alerts(v_other) l), 'another tenant sees its own only';
  assert not exists (select from tocsin.list_alerts(4711));

  select * into a from tocsin.list_alerts(1, p_limit => 1);
  assert a.alert_type = 'order.paid' and a.severity = 'WARNING' and a.status = 'pending' and a.message = 'Order 25 was paid';
  assert a.context = '{"n": 25, "a": 2, "z": 1}' and a.operation_type = 'INSERT' and a.delivery_count = 1;
  assert a.created_at between now() and clock_timestamp() and a.acknowledged_at is null and a.dedupe_key is null;

  perform tocsin.acknowledge_alert(1, v_ids[7], 'ann');
  perform tocsin.resolve_alert(1, v_ids[8], 'ann');
  assert (select array_agg(l.id) = v_ids[7:7] from tocsin.list_alerts(1, p_status => 'acknowledged') l);
  assert (select array_agg(l.id) = v_ids[8:8] from tocsin.list_alerts(1, 'resolved') l);
  assert (select count(*) = 23 from tocsin.list_alerts(1, 'pending', p_limit => 100));
  assert (select count(*) = 8 and bool_and(l.severity = 'CRITICAL') from tocsin.list_alerts(1, p_severity => 'CRITICAL') l);
  assert not exists (select from tocsin.list_alerts(1, p_alert_type => 'order'));
  assert (select count(*) = 25 from tocsin.list_alerts(1, p_alert_type => 'order.paid', p_limit => 100));
  assert (select count(*) = 7 from tocsin.list_alerts(1, p_q => 'ORDER 2')), 'case does not matter';
  assert (select count(*) = 20 from tocsin.list_alerts(1, p_q => '.PAID')), 'the type is searched too';
  assert not exists (select from tocsin.list_alerts(1, p_q => '%')) and not exists (select from tocsin.list_alerts(1, p_q => '_rder'));
  assert (select count(*) = 2 from tocsin.list_alerts(1, 'pending', 'CRITICAL', p_q => 'order 2', p_limit => 2));

  assert (select count(*) = 25 from tocsin.list_alerts(1, p_since => now() - interval '1 minute', p_until => now() + interval '1 minute', p_limit => 100));
  assert not exists (select from tocsin.list_alerts(1, p_since => now() + interval '1 minute'));
  assert not exists (select from tocsin.list_alerts(1, p_until => now() - interval '1 minute'));
  assert exists (select from tocsin.list_alerts(1, p_since => '-infinity', p_until => 'infinity'));
  assert not exists (select from tocsin.list_alerts(1, p_since => 'infinity'));

  assert pg_temp.failure_of('select tocsin.list_alerts(1, ''open'')') = 'INVLD /status';
  assert pg_temp.failure_of('select tocsin.list_alerts(1, p_severity => ''info'')') = 'INVLD /severity';
  assert pg_temp.failure_of('select tocsin.list_alerts(1, p_limit => 0)') = 'INVLD /limit';
  assert pg_temp.failure_of('select tocsin.list_alerts(1, p_limit => 1001)') = 'INVLD /limit';
  assert pg_temp.failure_of('select tocsin.list_alerts(1, p_offset => -1)') = 'INVLD /offset';
end
$$;
