do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id bigint := tocsin.raise_alert('disk.full', 'The disk is full', p_dedupe_key => 'disk');
  v_theirs bigint := tocsin.raise_alert('disk.full', 'The disk is full', p_dedupe_key => 'disk', p_tenant_id => v_other);
  a record; b record;
begin
  assert tocsin.raise_alert('disk.full', 'Still full', p_dedupe_key => 'disk') = v_id;
  perform tocsin.acknowledge_alert(1, v_id, 'ann', 'on it');
  select * into a from tocsin.resolve_alert(1, v_id, 'bob');
  assert a.id = v_id and a.status = 'resolved' and a.resolved_by = 'bob' and a.resolved_at = now();
  assert a.acknowledged_by = 'ann' and a.notes = 'on it', 'what was noted stays';
  select * into b from tocsin.resolve_alert(1, v_id, 'eve', 'again');
  assert b = a, 'again it changes nothing';
  assert tocsin.raise_alert('disk.full', 'Full again', p_dedupe_key => 'disk') > v_id, 'the dedupe key is free';
  assert tocsin.raise_alert('disk.full', 'Theirs', p_dedupe_key => 'disk', p_tenant_id => v_other) = v_theirs, 'theirs is still open';
  assert (select r.status = 'resolved' and r.notes = 'by itself'
            from tocsin.resolve_alert(v_other, v_theirs, 'eve', 'by itself') r), 'a pending one can be resolved';
  assert pg_temp.failure_of(format('select tocsin.resolve_alert(1, %s, ''ann'')', v_theirs)) = 'NTFND';
  assert pg_temp.failure_of('select tocsin.resolve_alert(1, 5, ''ann'')') = 'NTFND';
end
$$;
