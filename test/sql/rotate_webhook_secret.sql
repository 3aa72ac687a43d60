do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id integer := tocsin.create_webhook(1, 'a', 'https://a.example', p_secret_sealed => 'one');
  v_version integer;
  v_valid constant text := 'select array_agg(s.secret_sealed || coalesce('' '' || extract(epoch from s.valid_until - now()), '''')
    order by s.secret_id desc) from tocsin_data.webhook_secrets s where s.webhook_id = $1';
  v_secrets text[];
begin
  select l.version into v_version from tocsin_data.webhook_lanes l where l.webhook_id = v_id;
  assert tocsin.rotate_webhook_secret(1, v_id, 'two') = now() + interval '1 day';
  execute v_valid into v_secrets using v_id;
  assert v_secrets = '{two,one 86400.000000}', v_secrets::text;
  assert (select l.version > v_version from tocsin_data.webhook_lanes l where l.webhook_id = v_id), 'workers fetch them again';

  perform tocsin.rotate_webhook_secret(1, v_id, 'three', 3600);
  execute v_valid into v_secrets using v_id;
  assert v_secrets = '{three,two 3600.000000,one 3600.000000}', 'no earlier one outlives the overlap: ' || v_secrets::text;
  perform tocsin.rotate_webhook_secret(1, v_id, 'four', 7200);
  execute v_valid into v_secrets using v_id;
  assert v_secrets = '{four,three 7200.000000,two 3600.000000,one 3600.000000}', 'and none lives longer than it would have';
  perform tocsin.rotate_webhook_secret(1, v_id, 'five', 0);
  assert array(select s.secret_sealed from tocsin_data.webhook_secrets s where s.webhook_id = v_id
                and coalesce(s.valid_until > now(), true)) = '{five}', 'an overlap of 0 ends them all';
  assert (select t.secrets_sealed = '{five}' from tocsin.get_delivery_targets(array[v_id]) t);

  for v_i in 1..9 loop
    perform tocsin.rotate_webhook_secret(1, v_id, 'more');
  end loop;
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(1, %s, ''x'')', v_id)) = 'STALE';
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(1, %s, ''x'', 0)', v_id)) is null, 'the way out';
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(1, %s, ''x'', -1)', v_id)) = 'INVLD /overlap_seconds';
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(1, %s, ''x'', 2592001)', v_id)) = 'INVLD /overlap_seconds';
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(1, %s, null)', v_id)) = 'INVLD /secret';
  assert pg_temp.failure_of(format('select tocsin.rotate_webhook_secret(%s, %s, ''x'')', v_other, v_id)) = 'NTFND', 'another tenant''s';
end
$$;
