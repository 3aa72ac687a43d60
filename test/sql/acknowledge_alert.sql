do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id bigint := tocsin.raise_alert('disk.full', 'The disk is full');
  a record; b record;
begin
  select * into a from tocsin.acknowledge_alert(1, v_id, 'ann', 'on it');
  assert a.id = v_id and a.status = 'acknowledged' and a.acknowledged_by = 'ann' and a.acknowledged_at = now() and a.notes = 'on it';
  select * into b from tocsin.acknowledge_alert(1, v_id, 'bob', 'me too');
  assert b = a, 'again it changes nothing';
  assert pg_temp.failure_of(format('select tocsin.acknowledge_alert(1, %s, ''ann'')', v_id + 1)) = 'NTFND';
  assert pg_temp.failure_of(format('select tocsin.acknowledge_alert(%s, %s, ''ann'')', v_other, v_id)) = 'NTFND';
  perform tocsin.resolve_alert(1, v_id, 'ann');
  assert pg_temp.failure_of(format('select tocsin.acknowledge_alert(1, %s, ''ann'')', v_id)) = 'STALE';
end
$$;
