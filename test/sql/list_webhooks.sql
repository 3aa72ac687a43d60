-- list_webhooks and count_webhooks have the same filters.
do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  a integer := tocsin.create_webhook(1, 'Alpha', 'https://one.example', 'first of 100%', p_events => '{order.*}');
  b integer := tocsin.create_webhook(1, 'Beta', 'https://alpha.example', p_events => '{order.paid,user}', p_is_active => false);
  c integer := tocsin.create_webhook(1, 'Gamma', 'https://three.example');
  d integer := tocsin.create_webhook(1, 'Deleted', 'https://four.example');
  r record;
  v_ids integer[];
begin
  perform tocsin.create_webhook(v_other, 'Alpha of others', 'https://alpha.example');
  perform tocsin.delete_webhook(1, d);
  update tocsin_data.webhook_health_metrics set health_status = 'degraded' where webhook_id = c;
  for r in select * from (values
    (null::boolean, null, null, null, array[a, b, c]), (true, null, null, null, array[a, c]), (false, null, null, null, array[b]),
    (null, 'degraded', null, null, array[c]), (null, 'unknown', null, null, array[a, b]),
    (null, null, 'order.paid', null, array[a, b, c]), (null, null, 'order.sent', null, array[a, c]), (null, null, 'user', null, array[b, c]),
    (null, null, 'user.x', null, array[c]), (null, null, null, 'ALPHA', array[a, b]), (null, null, null, '100%', array[a]),
    (null, null, null, '_', '{}'), (true, 'unknown', 'order.x', 'first', array[a])
  ) as v(is_active, health_status, event, q, ids) loop
    v_ids := array(select l.id from tocsin.list_webhooks(1, r.is_active, r.health_status, r.event, r.q) l);
    assert v_ids = r.ids, format('%s gave %s', r, v_ids);
    assert tocsin.count_webhooks(1, r.is_active, r.health_status, r.event, r.q) = cardinality(r.ids), r::text;
  end loop;
  assert array(select l.id from tocsin.list_webhooks(1, p_limit => 2) l) = array[a, b];
  assert array(select l.id from tocsin.list_webhooks(1, p_after_id => b, p_limit => 2) l) = array[c];
  assert array(select l.id from tocsin.list_webhooks(1, p_limit => 2, p_offset => 1) l) = array[b, c];
  assert tocsin.count_webhooks(v_other) = 1;
end
$$;

-- The count ends where nobody reads on.
do $$
begin
  insert into tocsin_data.webhooks (tenant_id, name, url) select 1, 'many', 'https://a.example' from generate_series(1, 10100);
  assert tocsin.count_webhooks(1) = 10001;
end
$$;
