-- A delivery is found by its id alone, wherever it is.
do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('hook', p_max_retries => 3);
  v_alert bigint := tocsin.raise_alert('x', 'fresh');
  v_id bigint := (select l.id from tocsin.list_deliveries(1) l);
  d record;
begin
  select * into d from tocsin.get_delivery(1, v_id);
  assert d.status = 'pending' and d.alert_id = v_alert and d.webhook_id = v_hook and d.attempt_count = 0, 'waiting';
  assert d.webhook_name = 'hook' and d.url = 'https://hook.example.com/in' and d.next_attempt_at = d.created_at;
  assert not exists (select from tocsin.get_delivery(v_other, v_id)), 'another tenant does not see it';

  perform from tocsin.get_ready_deliveries(p_lease_seconds => 1);
  assert (select g.status = 'sending' and g.next_attempt_at is null from tocsin.get_delivery(1, v_id) g), 'being sent';
  assert not exists (select from tocsin.get_delivery(v_other, v_id));
  perform tocsin.release_leases(null);
  perform tocsin_internal.put_back_leases(array(select lease_id from tocsin_data.alert_delivery_leases));
  update tocsin_data.webhooks set is_active = false where webhook_id = v_hook;
  perform tocsin_internal.park_deliveries();
  assert (select g.status = 'pending' and g.next_attempt_at is null from tocsin.get_delivery(1, v_id) g), 'parked';
  assert not exists (select from tocsin.get_delivery(v_other, v_id));
  update tocsin_data.webhooks set is_active = true where webhook_id = v_hook;
  perform tocsin_internal.unpark_deliveries();

  assert pg_temp.work('failed', 500, 'http_500: the receiver answered 500') = 1;
  select * into d from tocsin.get_delivery(1, v_id);
  assert d.status = 'pending' and d.attempt_count = 1 and d.last_status_code = 500 and d.next_attempt_at > clock_timestamp(), 'waiting for a retry';
  perform tocsin.retry_delivery(v_id);
  assert pg_temp.work('delivered') = 1;
  select * into d from tocsin.get_delivery(1, v_id);
  assert d.status = 'delivered' and d.attempt_count = 2 and d.last_status_code = 200 and d.last_error is null, 'delivered';
  assert not exists (select from tocsin.get_delivery(v_other, v_id));
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_hook;
  assert (select g.webhook_name = 'hook' from tocsin.get_delivery(1, v_id) g), 'its log stays readable when the webhook is deleted';
  assert not exists (select from tocsin.get_delivery(1, v_id + 1));
end
$$;
