-- One delivery in each place where a delivery can be, and lists that find them all.
do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('a');
  v_down integer := pg_temp.make_webhook('b', p_events => '{down.*}');
  v_theirs integer := pg_temp.make_webhook('c', v_other);
  v_ids bigint[]; v_all bigint[]; v_alert bigint;
  d record;
begin
  -- Delivered, given up, waiting for a retry soon and later, cancelled, parked, being sent, waiting for the first time.
  perform tocsin.raise_alert('x', 'delivered');
  assert pg_temp.work() = 1;
  update tocsin_data.webhooks set retry_policy = '{"max_retries": 0}' where webhook_id = v_hook;
  perform tocsin.raise_alert('x', 'given up');
  assert pg_temp.work('failed', 500, 'http_500: the receiver answered 500') = 1;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [30, 3600]}' where webhook_id = v_hook;
  v_alert := tocsin.raise_alert('x', 'retried soon');
  assert pg_temp.work('failed', 500, 'http_500: the receiver answered 500') = 1;
  update tocsin_data.webhooks set retry_policy = '{"schedule": [3600]}' where webhook_id = v_hook;
  perform tocsin.raise_alert('x', 'retried later');
  assert pg_temp.work('failed', 503, 'http_503: the receiver answered 503') = 1;
  update tocsin_data.webhooks set is_active = false where webhook_id = v_down;
  perform tocsin.raise_alert('down.x', 'parked, and waiting at the other');
  perform tocsin_internal.park_deliveries();
  perform tocsin.raise_alert('x', 'theirs', p_tenant_id => v_other);

  v_all := array(select l.id from tocsin.list_deliveries(1) l);
  assert cardinality(v_all) = 6 and v_all = array(select i from unnest(v_all) i order by i desc), 'all, newest first';
  assert (select string_agg(l.status, ' ' order by l.id) = 'delivered failed pending pending pending pending' from tocsin.list_deliveries(1) l);
  assert (select count(*) = 1 from tocsin.list_deliveries(v_other)) and not exists (select from tocsin.list_deliveries(4711));

  -- Cut anywhere, the pages are the list.
  assert array(select l.id from tocsin.list_deliveries(1, p_limit => 3) l) = v_all[1:3];
  assert array(select l.id from tocsin.list_deliveries(1, p_limit => 3, p_offset => 2) l) = v_all[3:5];
  for i in 1..5 loop
    assert array(select l.id from tocsin.list_deliveries(1, p_before_id => v_all[i]) l) = v_all[i + 1:6], 'after ' || i;
    assert (select array_agg(l.id) = v_all[i + 1:i + 1] from tocsin.list_deliveries(1, p_before_id => v_all[i], p_limit => 1) l);
  end loop;

  -- By status, webhook, alert, time.
  assert array(select l.id from tocsin.list_deliveries(1, 'pending') l) = v_all[1:4];
  assert array(select l.id from tocsin.list_deliveries(1, 'pending', p_limit => 2) l) = v_all[1:2];
  assert array(select l.id from tocsin.list_deliveries(1, 'pending', p_before_id => v_all[2]) l) = v_all[3:4];
  assert array(select l.id from tocsin.list_deliveries(1, 'failed') l) = v_all[5:5];
  assert array(select l.id from tocsin.list_deliveries(1, 'delivered') l) = v_all[6:6];
  assert not exists (select from tocsin.list_deliveries(1, 'cancelled')) and not exists (select from tocsin.list_deliveries(1, 'sending'));
  assert (select count(*) = 5 and bool_and(l.webhook_id = v_hook) from tocsin.list_deliveries(1, p_webhook_id => v_hook) l);
  assert (select count(*) = 1 and bool_and(l.status = 'pending') from tocsin.list_deliveries(1, p_webhook_id => v_down) l);
  assert (select count(*) = 3 from tocsin.list_deliveries(1, 'pending', v_hook));
  assert not exists (select from tocsin.list_deliveries(1, p_webhook_id => v_theirs)), 'another tenant''s webhook';
  assert not exists (select from tocsin.list_deliveries(1, 'pending', v_theirs));
  assert array(select l.id from tocsin.list_deliveries(1, p_alert_id => v_alert) l) = v_all[4:4];
  assert array(select l.id from tocsin.list_deliveries(1, 'pending', p_alert_id => v_alert) l) = v_all[4:4];
  assert not exists (select from tocsin.list_deliveries(1, 'failed', p_alert_id => v_alert));
  assert not exists (select from tocsin.list_deliveries(v_other, p_alert_id => v_alert));
  assert not exists (select from tocsin.list_deliveries(1, p_alert_id => 5));
  assert (select count(*) = 6 from tocsin.list_deliveries(1, p_since => now(), p_until => now() + interval '1 minute'));
  assert not exists (select from tocsin.list_deliveries(1, p_until => now()));

  -- What a row says.
  select * into d from tocsin.list_deliveries(1, 'delivered');
  assert d.attempt_count = 1 and d.last_status_code = 200 and d.response_ms = 12 and d.last_error is null and d.next_attempt_at is null;
  assert d.last_attempt_at >= d.created_at and abs(extract(epoch from clock_timestamp() - d.created_at)) < 60;
  select * into d from tocsin.list_deliveries(1, p_alert_id => v_alert);
  assert d.last_error = 'http_500: the receiver answered 500' and d.next_attempt_at - d.last_attempt_at between '25 seconds' and '35 seconds', d::text;
  select * into d from tocsin.list_deliveries(1, p_webhook_id => v_down);
  assert d.next_attempt_at is null and d.attempt_count = 0, 'a disabled webhook has no next time';

  -- Being sent, then cancelled.
  create temporary table claimed as select * from tocsin.get_ready_deliveries();
  assert (select count(*) = 2 from claimed), 'ours and theirs';
  delete from claimed where webhook_id = v_theirs;
  assert (select array_agg(l.id) = (select array_agg(c.delivery_id) from claimed c) from tocsin.list_deliveries(1, 'sending') l);
  assert (select count(*) = 6 from tocsin.list_deliveries(1)) and (select count(*) = 3 from tocsin.list_deliveries(1, 'pending'));
  update tocsin_data.webhooks set deleted_at = now() where webhook_id in (v_down, v_hook);
  perform tocsin_internal.park_deliveries();
  perform tocsin_internal.cancel_deliveries();
  assert (select array_agg(l.id) @> array[v_all[1], v_all[4]] and bool_and(l.attempt_count in (0, 1)) from tocsin.list_deliveries(1, 'cancelled') l);
  assert (select string_agg(l.status, ' ' order by l.id) like 'delivered failed cancelled % sending cancelled' from tocsin.list_deliveries(1) l),
    (select string_agg(l.status, ' ' order by l.id) from tocsin.list_deliveries(1) l);

  assert pg_temp.failure_of('select tocsin.list_deliveries(1, ''retrying'')') = 'INVLD /status';
  assert pg_temp.failure_of('select tocsin.list_deliveries(1, p_limit => null)') = 'INVLD /limit';
  assert pg_temp.failure_of('select tocsin.list_deliveries(1, p_offset => 10001)') = 'INVLD /offset';
end
$$;
