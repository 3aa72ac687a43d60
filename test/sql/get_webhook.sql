do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id integer := tocsin.create_webhook(1, 'a', 'https://a.example', p_secret_sealed => 'v1.s', p_headers_sealed => 'v1.h',
    p_header_names => '{x-a}', p_retry_policy => '{"schedule": [3600, 3600]}');
  w record;
begin
  select * into w from tocsin.get_webhook(1, v_id);
  assert (w.id, w.name, w.header_names, w.health_status, w.total_deliveries, w.pending_deliveries)
       = (v_id, 'a', '{x-a}'::text[], 'unknown', 0::bigint, 0);
  assert w.success_rate_percent is null, 'nothing was sent, so there is no rate';
  assert to_jsonb(w)::text !~ 'v1\.', 'nothing sealed is shown';
  assert not exists (select from tocsin.get_webhook(v_other, v_id)), 'another tenant''s';
  assert not exists (select from tocsin.get_webhook(1, v_id + 1));

  perform tocsin.raise_alert('x', 'delivered');
  perform pg_temp.work();
  select * into w from tocsin.get_webhook(1, v_id);
  assert (w.health_status, w.total_deliveries, w.successful_deliveries, w.failed_deliveries, w.success_rate_percent)
       = ('healthy', 1::bigint, 1::bigint, 0::bigint, 100::double precision), 'counted before it is folded';
  assert w.last_used_at is not null;
  perform tocsin_internal.fold_webhook_health();
  assert (select g.total_deliveries = 1 from tocsin.get_webhook(1, v_id) g), 'and once after';

  perform tocsin.raise_alert('x', 'fails');
  perform pg_temp.work('failed', 500, 'http_500');
  perform tocsin.raise_alert('x', 'waits');
  update tocsin_data.webhooks set is_active = false where webhook_id = v_id;
  perform tocsin_internal.park_deliveries();
  perform tocsin.raise_alert('x', 'waits too');
  select * into w from tocsin.get_webhook(1, v_id);
  assert w.pending_deliveries = 3, 'one for a retry, one parked, one queued';
  assert (w.total_deliveries, w.failed_deliveries, w.success_rate_percent) = (2::bigint, 1::bigint, 50::double precision);
end
$$;
