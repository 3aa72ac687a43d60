do $$
declare
  v_id integer; w tocsin_data.webhooks;
  v_ok text := 'select tocsin.create_webhook(1, ''a'', ''https://a.example'', %s)';
begin
  v_id := tocsin.create_webhook(1, 'a', 'https://a.example/in?x=1#y');
  select * into w from tocsin_data.webhooks o where o.webhook_id = v_id;
  assert (w.is_active, w.events, w.min_severity, w.timeout_seconds, w.ssl_verify, w.max_in_flight, w.ordered, w.format, w.retry_policy)
       = (true, '{*}'::text[], 'INFO', 30::smallint, true, 10::smallint, false, 'standard', '{}'::jsonb), 'the defaults';
  assert w.filter is null and w.rate_limit_per_second is null and w.headers_sealed is null and w.header_names = '{}';
  assert not exists (select from tocsin_data.webhook_secrets s where s.webhook_id = v_id), 'no secret was given';
  assert exists (select from tocsin_data.webhook_lanes l where l.webhook_id = v_id and l.is_open);

  v_id := tocsin.create_webhook(1, 'b', 'http://b.example', p_secret_sealed => 'v1.s', p_headers_sealed => 'v1.h',
    p_header_names => '{x-a}', p_min_severity => null, p_filter => 'null', p_retry_policy => null);
  select * into w from tocsin_data.webhooks o where o.webhook_id = v_id;
  assert w.min_severity = 'INFO' and w.filter is null and w.retry_policy = '{}', 'null means the default';
  assert w.headers_sealed = 'v1.h' and w.header_names = '{x-a}';
  assert (select s.secret_sealed = 'v1.s' and s.valid_until is null from tocsin_data.webhook_secrets s where s.webhook_id = v_id);

  assert pg_temp.failure_of('select tocsin.create_webhook(77, ''a'', ''https://a.example'')') = 'NTFND';
  assert pg_temp.failure_of('select tocsin.create_webhook(1, null, ''https://a.example'')') = 'INVLD /name';
  assert pg_temp.failure_of('select tocsin.create_webhook(1, '' '', ''https://a.example'')') = 'INVLD /name';
  assert pg_temp.failure_of(format('select tocsin.create_webhook(1, %L, ''https://a.example'')', repeat('x', 201))) = 'INVLD /name';
  for v_wrong in 1..9 loop
    assert pg_temp.failure_of(format('select tocsin.create_webhook(1, ''a'', %L)', (array[null, '', 'a.example', 'ftp://a', 'https://',
      'https:///x', E'https://a/\n', 'https://a b', 'javascript:alert(1)'])[v_wrong])) = 'INVLD /url', v_wrong::text;
  end loop;
  assert pg_temp.failure_of(format(v_ok, 'p_events => ''{}''')) = 'INVLD /events';
  assert pg_temp.failure_of(format(v_ok, 'p_events => ''{a,b*}''')) = 'INVLD /events/1';
  assert pg_temp.failure_of(format(v_ok, 'p_events => ''{a.*.b}''')) = 'INVLD /events/0';
  assert pg_temp.failure_of(format(v_ok, 'p_events => ''{a,null}''')) = 'INVLD /events/1';
  assert pg_temp.failure_of(format(v_ok, 'p_events => ''{*,a,a.b.*}''')) is null;
  assert pg_temp.failure_of(format(v_ok, 'p_min_severity => ''info''')) = 'INVLD /min_severity';
  assert pg_temp.failure_of(format(v_ok, 'p_filter => ''[]''')) = 'INVLD /filter';
  assert pg_temp.failure_of(format(v_ok, 'p_timeout_seconds => 121')) = 'INVLD /timeout_seconds';
  assert pg_temp.failure_of(format(v_ok, 'p_timeout_seconds => 100000')) = 'INVLD /timeout_seconds';
  assert pg_temp.failure_of(format(v_ok, 'p_max_in_flight => 0')) = 'INVLD /max_in_flight';
  assert pg_temp.failure_of(format(v_ok, 'p_max_in_flight => null')) = 'INVLD /max_in_flight';
  assert pg_temp.failure_of(format(v_ok, 'p_rate_limit_per_second => 0')) = 'INVLD /rate_limit_per_second';
  assert pg_temp.failure_of(format(v_ok, 'p_ordered => null')) = 'INVLD /ordered';
  assert pg_temp.failure_of(format(v_ok, 'p_format => ''fax''')) = 'INVLD /format';
end
$$;

-- Retry policies.
do $$
declare
  r record;
begin
  for r in select * from (values
    ('{"max_retries": 0}', null), ('{"max_retries": 100, "backoff_base": 0.1, "max_backoff": 1, "schedule": [0, 1.5]}', null),
    ('[]', 'INVLD /retry_policy'), ('{"tries": 1}', 'INVLD /retry_policy'),
    ('{"max_retries": -1}', 'INVLD /retry_policy/max_retries'), ('{"max_retries": 1.5}', 'INVLD /retry_policy/max_retries'),
    ('{"max_retries": "1"}', 'INVLD /retry_policy/max_retries'), ('{"max_retries": null}', 'INVLD /retry_policy/max_retries'),
    ('{"backoff_base": 0}', 'INVLD /retry_policy/backoff_base'), ('{"max_backoff": 1e9}', 'INVLD /retry_policy/max_backoff'),
    ('{"schedule": []}', 'INVLD /retry_policy/schedule'), ('{"schedule": {}}', 'INVLD /retry_policy/schedule'),
    ('{"schedule": [1, -1]}', 'INVLD /retry_policy/schedule/1'), ('{"schedule": ["1"]}', 'INVLD /retry_policy/schedule/0')
  ) as v(policy, failure) loop
    assert pg_temp.failure_of(format('select tocsin.create_webhook(1, ''a'', ''https://a.example'', p_retry_policy => %L)', r.policy))
      is not distinct from r.failure, r.policy;
  end loop;
end
$$;
