do $$
declare
  v_hook integer := pg_temp.make_webhook('a', p_max_retries => 0);
  v_alert bigint; f record;
begin
  perform tocsin.raise_alert('order.paid', 'number one', 'CRITICAL');
  assert pg_temp.work('failed', 500, 'http_500: the receiver answered 500') = 1;
  v_alert := tocsin.raise_alert('order.paid', 'number two');
  assert pg_temp.work('failed', null, 'timeout: there was no answer within 30000 ms') = 1;
  perform tocsin.raise_alert('order.paid', 'number three');
  assert pg_temp.work() = 1;
  assert (select array_agg(v.message) = '{"number two","number one"}' from tocsin.v_failed_deliveries v), 'newest first, and only those';
  select * into f from tocsin.v_failed_deliveries limit 1;
  assert f.alert_id = v_alert and f.webhook_id = v_hook and f.webhook_name = 'a' and f.url like 'https://a.%' and f.attempts = 1;
  assert f.last_status_code is null and f.last_error like 'timeout:%' and f.severity = 'INFO' and f.alert_type = 'order.paid';
  assert f.how_to_retry = format('select * from tocsin.retry_delivery(%s)', f.delivery_id);
  execute f.how_to_retry;
  assert (select array_agg(v.message) = '{"number one"}' from tocsin.v_failed_deliveries v), 'what is tried again has not been given up';
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_hook;
  assert (select v.how_to_retry is null from tocsin.v_failed_deliveries v);
end
$$;
