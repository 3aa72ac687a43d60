do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id integer := tocsin.create_webhook(1, 'a', 'https://a.example', p_secret_sealed => 'v1.s', p_headers_sealed => 'v1.h');
begin
  perform tocsin.raise_alert('x', 'delivered');
  assert pg_temp.work() = 1;
  perform tocsin.raise_alert('x', 'waits');
  assert pg_temp.failure_of(format('select tocsin.delete_webhook(%s, %s)', v_other, v_id)) = 'NTFND', 'another tenant''s';
  perform tocsin.delete_webhook(1, v_id);
  assert pg_temp.failure_of(format('select tocsin.delete_webhook(1, %s)', v_id)) = 'NTFND', 'once';
  assert not exists (select from tocsin_data.webhook_secrets s where s.webhook_id = v_id);
  assert (select w.headers_sealed is null from tocsin_data.webhooks w where w.webhook_id = v_id);
  perform tocsin.raise_alert('x', 'after');
  assert (select count(*) = 1 from tocsin_data.alert_delivery_queue q where q.webhook_id = v_id), 'it gets nothing more';
  assert pg_temp.work() = 0, 'and nothing is sent to it';
  perform tocsin.run_maintenance();
  assert (select array_agg(g.status order by g.delivery_id) = '{delivered,cancelled}' from tocsin_data.alert_delivery_log g
           where g.webhook_id = v_id), 'what waited ends as cancelled, and the log stays';
end
$$;
