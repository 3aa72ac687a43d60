do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_ids bigint[] := array(select tocsin.raise_alert(p_message => 'number ' || i, p_dedupe_key => 'key ' || i) from generate_series(1, 5) i);
  v_theirs bigint := tocsin.raise_alert(p_message => 'theirs', p_dedupe_key => 'key 3', p_tenant_id => v_other);
  r record;
begin
  perform tocsin.acknowledge_alert(1, v_ids[1], 'ann', 'seen');
  perform tocsin.resolve_alert(1, v_ids[2], 'ann', 'over');
  select * into r from tocsin.resolve_alerts(1, v_ids[1:4] || v_ids[3] || v_theirs || 99::bigint, 'bob', 'all at once');
  assert r.resolved = 4 and r.failed = 2, r::text;
  assert (select array_agg(l.resolved_by order by l.id) = '{bob,ann,bob,bob,NULL}' from tocsin.list_alerts(1) l);
  assert (select array_agg(l.notes order by l.id) = '{all at once,over,all at once,all at once,NULL}' from tocsin.list_alerts(1) l);
  assert (select l.status = 'pending' from tocsin.get_alert(v_other, v_theirs) l), 'another tenant''s was resolved';
  -- Their dedupe keys open new alerts; those of others still hold.
  assert tocsin.raise_alert(p_message => 'again', p_dedupe_key => 'key 3') <> all (v_ids);
  assert tocsin.raise_alert(p_message => 'again', p_dedupe_key => 'key 5') = v_ids[5];
  assert tocsin.raise_alert(p_message => 'again', p_dedupe_key => 'key 3', p_tenant_id => v_other) = v_theirs;
  -- Without notes those that are there stay; done again, nothing changes.
  perform tocsin.acknowledge_alert(1, v_ids[5], 'ann', 'seen');
  perform tocsin.resolve_alerts(1, v_ids[5:5], 'bob');
  perform tocsin.resolve_alerts(1, v_ids[5:5], 'eve', 'later');
  assert (select l.notes = 'seen' and l.resolved_by = 'bob' from tocsin.get_alert(1, v_ids[5]) l);
  assert pg_temp.failure_of('select tocsin.resolve_alerts(1, ''{}'', ''x'')') = 'INVLD /alert_ids';
  assert pg_temp.failure_of('select tocsin.resolve_alerts(1, null, ''x'')') = 'INVLD /alert_ids';
  assert pg_temp.failure_of('select tocsin.resolve_alerts(1, array_fill(1::bigint, ''{1001}''), ''x'')') = 'INVLD /alert_ids';
end
$$;
