do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id integer := tocsin.create_webhook(1, 'a', 'https://a.example', 'words', p_filter => '{"severity": "INFO"}',
    p_rate_limit_per_second => 2, p_header_names => '{x-a}', p_headers_sealed => 'v1.h', p_retry_policy => '{"max_retries": 1}');
  v_version integer; w tocsin_data.webhooks; v tocsin_data.webhooks;
begin
  select l.version into v_version from tocsin_data.webhook_lanes l where l.webhook_id = v_id;
  select * into w from tocsin_data.webhooks o where o.webhook_id = v_id;
  perform tocsin.update_webhook(1, v_id, '{"name": "b", "events": ["x.*", "y"], "max_in_flight": 3}');
  select * into v from tocsin_data.webhooks o where o.webhook_id = v_id;
  assert v.name = 'b' and v.events = '{x.*,y}' and v.max_in_flight = 3, 'what is given is changed';
  assert (v.url, v.description, v.filter, v.rate_limit_per_second, v.header_names, v.headers_sealed, v.retry_policy)
       = (w.url, w.description, w.filter, w.rate_limit_per_second, w.header_names, w.headers_sealed, w.retry_policy), 'the rest stays';
  assert (select l.version > v_version and l.max_in_flight = 3 from tocsin_data.webhook_lanes l where l.webhook_id = v_id),
    'workers fetch it again';
  assert (select array_agg(r.pattern order by 1) = '{x.*,y}' from tocsin_data.webhook_routes r where r.webhook_id = v_id);

  perform tocsin.update_webhook(1, v_id, '{"description": null, "filter": null, "rate_limit_per_second": null, "header_names": null,
    "headers_sealed": null, "retry_policy": null, "min_severity": null}');
  select * into v from tocsin_data.webhooks o where o.webhook_id = v_id;
  assert v.description is null and v.filter is null and v.rate_limit_per_second is null and v.headers_sealed is null
     and v.header_names = '{}' and v.retry_policy = '{}' and v.min_severity = 'INFO', 'null clears';

  update tocsin_data.webhooks set is_active = false, disabled_reason = 'gone' where webhook_id = v_id;
  perform tocsin.update_webhook(1, v_id, '{"name": "c"}');
  assert (select o.disabled_reason = 'gone' from tocsin_data.webhooks o where o.webhook_id = v_id);
  perform tocsin.update_webhook(1, v_id, '{"is_active": true}');
  assert (select o.is_active and o.disabled_reason is null from tocsin_data.webhooks o where o.webhook_id = v_id);

  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{"name": null}'')', v_id)) = 'INVLD /name';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{"is_active": null}'')', v_id)) = 'INVLD /is_active';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{"events": null}'')', v_id)) = 'INVLD /events';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{"tenant_id": 2}'')', v_id)) = 'INVLD';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{"deleted_at": null}'')', v_id)) = 'INVLD';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''[]'')', v_id)) = 'INVLD';
  assert pg_temp.failure_of(format('select tocsin.update_webhook(%s, %s, ''{}'')', v_other, v_id)) = 'NTFND', 'another tenant''s';
  perform tocsin.delete_webhook(1, v_id);
  assert pg_temp.failure_of(format('select tocsin.update_webhook(1, %s, ''{}'')', v_id)) = 'NTFND', 'a deleted one';
end
$$;
