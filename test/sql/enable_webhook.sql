do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id integer := pg_temp.make_webhook('a', p_max_retries => 0);
  v_version integer;
begin
  select l.version into v_version from tocsin_data.webhook_lanes l where l.webhook_id = v_id;
  perform tocsin.enable_webhook(1, v_id);
  assert (select l.slots_max is null and not l.watched and l.version = v_version from tocsin_data.webhook_lanes l
           where l.webhook_id = v_id), 'one that is well keeps its speed';

  for v_i in 1..5 loop
    perform tocsin.raise_alert('x', 'fails');
    perform pg_temp.work('failed', 500, 'http_500');
  end loop;
  assert (select m.breaker_state = 'open' and m.blocked_until > now() and m.health_status = 'unavailable'
            from tocsin_data.webhook_health_metrics m where m.webhook_id = v_id);
  assert pg_temp.failure_of(format('select tocsin.enable_webhook(%s, %s)', v_other, v_id)) = 'NTFND', 'another tenant''s';
  perform tocsin.enable_webhook(1, v_id);
  assert (select m.breaker_state = 'half_open' and m.blocked_until is null and m.breaker_trips = 0 and m.health_status = 'degraded'
            from tocsin_data.webhook_health_metrics m where m.webhook_id = v_id);
  for v_i in 1..20 loop
    perform tocsin.raise_alert('x', 'goes');
  end loop;
  assert pg_temp.work() = 1, 'one at first';
  assert pg_temp.work() = 2, 'then two';
  assert pg_temp.work() = 4, 'then four';
  assert pg_temp.work() = 8, 'then eight';
  assert (select m.breaker_state = 'closed' and m.health_status <> 'unavailable' from tocsin_data.webhook_health_metrics m
           where m.webhook_id = v_id), 'then it is well';

  update tocsin_data.webhooks set is_active = false, disabled_reason = 'The receiver answered 410 Gone.' where webhook_id = v_id;
  assert pg_temp.work() = 0;
  perform tocsin.enable_webhook(1, v_id);
  assert (select w.is_active and w.disabled_reason is null from tocsin_data.webhooks w where w.webhook_id = v_id);
  assert pg_temp.work() = 1, 'a disabled one starts slowly too';
  perform tocsin.delete_webhook(1, v_id);
  assert pg_temp.failure_of(format('select tocsin.enable_webhook(1, %s)', v_id)) = 'NTFND', 'a deleted one';
end
$$;
