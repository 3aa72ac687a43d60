do $$
declare
  v_ids integer[] := array(select pg_temp.make_webhook('w' || i) from generate_series(1, 6) i);
  d record;
begin
  assert not exists (select from tocsin.v_degraded_webhooks), 'webhooks that nothing was sent to are not degraded';
  update tocsin_data.webhook_health_metrics m set health_status = 'healthy' where m.webhook_id = v_ids[1];
  update tocsin_data.webhook_health_metrics m
     set health_status = 'unavailable', breaker_state = 'open', blocked_until = now() + interval '2 minutes', consecutive_failures = 7,
         last_error = 'http_503: the receiver answered 503', status_changed_at = now() - interval '1 hour'
   where m.webhook_id = v_ids[2];
  update tocsin_data.webhook_health_metrics m set health_status = 'degraded', consecutive_failures = 2,
         last_error = 'tls_untrusted: the certificate is not signed by a trusted authority' where m.webhook_id = v_ids[3];
  update tocsin_data.webhooks set is_active = false, disabled_reason = 'The receiver answered 410 Gone.' where webhook_id = v_ids[4];
  update tocsin_data.webhook_health_metrics m set health_status = 'degraded', breaker_state = 'half_open', last_error = null
   where m.webhook_id = v_ids[5];
  update tocsin_data.webhook_health_metrics m set health_status = 'healthy', blocked_until = now() + interval '1 minute',
         last_error = 'http_429: the receiver answered 429' where m.webhook_id = v_ids[6];

  assert (select array_agg(v.webhook_id order by v.webhook_id) = v_ids[2:6] from tocsin.v_degraded_webhooks v);
  select * into d from tocsin.v_degraded_webhooks v limit 1;
  assert d.webhook_id = v_ids[2] and d.since_at = now() - interval '1 hour', 'the worst comes first';
  assert d.reason like 'The last 7 attempts failed, the last because the receiver answered 503. Deliveries pause until ____-%', d.reason;
  assert d.what_to_do like 'Tell its owner%';
  select * into d from tocsin.v_degraded_webhooks v where v.webhook_id = v_ids[3];
  assert d.reason = 'The last 2 attempts failed, the last because the certificate is not signed by a trusted authority.';
  assert d.what_to_do like 'Let its owner mend the certificate%';
  select * into d from tocsin.v_degraded_webhooks v where v.webhook_id = v_ids[4];
  assert d.reason = 'It is disabled: The receiver answered 410 Gone.' and d.what_to_do like '%select tocsin.enable_webhook(1, ' || v_ids[4] || ')';
  select * into d from tocsin.v_degraded_webhooks v where v.webhook_id = v_ids[5];
  assert d.reason like 'It answers again%' and d.what_to_do like 'Nothing%';
  select * into d from tocsin.v_degraded_webhooks v where v.webhook_id = v_ids[6];
  assert d.reason like 'It asked to be called less: nothing is sent until %' and d.what_to_do like '%rate_limit_per_second%';
  assert not exists (select from tocsin.v_degraded_webhooks v where v.reason is null or v.what_to_do is null);

  -- What it tells to do can be done.
  perform tocsin.enable_webhook(1, v_ids[4]);
  assert (select v.is_active from tocsin.v_webhook_health_dashboard v where v.webhook_id = v_ids[4]);
end
$$;
