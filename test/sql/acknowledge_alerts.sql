do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_ids bigint[] := array(select tocsin.raise_alert(p_message => 'number ' || i) from generate_series(1, 5) i);
  v_theirs bigint := tocsin.raise_alert(p_message => 'theirs', p_tenant_id => v_other);
  r record;
begin
  perform tocsin.acknowledge_alert(1, v_ids[1], 'ann');
  perform tocsin.resolve_alert(1, v_ids[2], 'ann');
  select * into r from tocsin.acknowledge_alerts(1, v_ids[1:4] || v_ids[3] || v_theirs || 99::bigint, 'bob', 'on it');
  assert r.acknowledged = 3 and r.failed = 3, r::text;
  assert (select array_agg(l.acknowledged_by order by l.id) = '{ann,NULL,bob,bob,NULL}' from tocsin.list_alerts(1) l);
  assert (select array_agg(l.notes order by l.id) = '{NULL,NULL,on it,on it,NULL}' from tocsin.list_alerts(1) l), 'notes of what was not pending';
  assert (select l.status = 'pending' from tocsin.get_alert(v_other, v_theirs) l), 'another tenant''s was acknowledged';
  select * into r from tocsin.acknowledge_alerts(1, v_ids[1:4], 'eve');
  assert r.acknowledged = 3 and r.failed = 1;
  select * into r from tocsin.acknowledge_alerts(1, '{5}', 'eve');
  assert r.acknowledged = 0 and r.failed = 1;
  assert pg_temp.failure_of('select tocsin.acknowledge_alerts(1, ''{}'', ''x'')') = 'INVLD /alert_ids';
  assert pg_temp.failure_of('select tocsin.acknowledge_alerts(1, null, ''x'')') = 'INVLD /alert_ids';
  assert pg_temp.failure_of('select tocsin.acknowledge_alerts(1, array_fill(1::bigint, ''{1001}''), ''x'')') = 'INVLD /alert_ids';
end
$$;
