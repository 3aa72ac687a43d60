do $$
declare
  v_other integer := pg_temp.make_tenant('other');
begin
  assert tocsin.count_alerts(1) = 0;
  perform tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('message', 'Number ' || i,
    'severity', case when i <= 3 then 'CRITICAL' else 'INFO' end)) from generate_series(1, 5000) i));
  perform tocsin.raise_alert(p_message => 'of another', p_tenant_id => v_other);
  assert tocsin.count_alerts(1) = 5000 and tocsin.count_alerts(v_other) = 1 and tocsin.count_alerts(4711) = 0;
  assert tocsin.count_alerts(1, p_severity => 'CRITICAL') = 3 and tocsin.count_alerts(1, 'pending', 'INFO', 'custom') = 4997;
  assert tocsin.count_alerts(1, p_q => 'number 499') = 11 and tocsin.count_alerts(1, 'resolved') = 0;
  assert tocsin.count_alerts(1, p_until => now()) = 0 and tocsin.count_alerts(1, p_since => now()) = 5000;
  perform tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('message', i::text)) from generate_series(1, 5002) i));
  assert tocsin.count_alerts(1) = 10001, 'it should count no further';
  assert pg_temp.failure_of('select tocsin.count_alerts(1, ''open'')') = 'INVLD /status';
end
$$;
