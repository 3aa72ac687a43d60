do $$
declare
  v_full integer := tocsin.create_webhook(1, 'a', 'https://a.example', p_secret_sealed => 'old', p_headers_sealed => 'headers',
    p_timeout_seconds => 7, p_ssl_verify => false, p_format => 'slack');
  v_bare integer := tocsin.create_webhook(1, 'b', 'https://b.example');
  v_gone integer := tocsin.create_webhook(1, 'c', 'https://c.example');
  t record;
begin
  perform tocsin.rotate_webhook_secret(1, v_full, 'new', 60);
  insert into tocsin_data.webhook_secrets (tenant_id, webhook_id, secret_sealed, valid_until)
    values (1, v_full, 'run out', now() - interval '1 second');
  perform tocsin.delete_webhook(1, v_gone);
  select * into t from tocsin.get_delivery_targets(array[v_full]);
  assert (t.url, t.headers_sealed, t.timeout_seconds, t.ssl_verify, t.format, t.tenant_id)
       = ('https://a.example', 'headers', 7::smallint, false, 'slack', 1);
  assert t.secrets_sealed = '{new,old}' and t.secrets_valid_until = array[null, now() + interval '1 minute'], 'valid ones, newest first';
  assert t.version = (select l.version from tocsin_data.webhook_lanes l where l.webhook_id = v_full);
  assert (select g.secrets_sealed = '{}' and g.secrets_valid_until = '{}' from tocsin.get_delivery_targets(array[v_bare]) g);
  assert (select count(*) = 2 from tocsin.get_delivery_targets(array[v_full, v_bare, v_gone, 999999])), 'none for a deleted one';
end
$$;
