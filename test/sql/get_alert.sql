do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_id bigint := tocsin.raise_alert('order.paid', 'Paid', 'WARNING', '{"b": 1, "a": [1, 2]}', 'UPDATE', 'order-7');
  a record;
begin
  select * into a from tocsin.get_alert(1, v_id);
  assert a.id = v_id and a.alert_type = 'order.paid' and a.dedupe_key = 'order-7' and a.delivery_count = 0;
  assert a.context = '{"a": [1, 2], "b": 1}' and a.payload::jsonb #>> '{data,alert_id}' = v_id::text;
  assert a.payload like '{"type":"order.paid","timestamp":"____-__-__T__:__:__.___Z","data":{"alert_id":%', a.payload;
  assert not exists (select from tocsin.get_alert(v_other, v_id)), 'another tenant does not see it';
  assert not exists (select from tocsin.get_alert(1, v_id + 1));
end
$$;
