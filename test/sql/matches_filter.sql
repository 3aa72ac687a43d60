do $$
declare
  v_alert jsonb := '{"alert_type": "order.paid", "severity": "WARNING", "message": "Order 7 was paid", "operation_type": "UPDATE",
    "context": {"amount": 250.5, "region": "eu", "note": null, "vip": true, "tags": ["new", "big"], "ids": [3, 5],
      "items": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 9}], "deep": {"a": {"b": 1}}, "odd \"key\"": 1, "404": 1,
      "zahl": "10", "ü": "ö", "empty": []}}';
  v_case record;
begin
  for v_case in
    select * from (values
      -- Equality: of types too.
      ('{}', true), ('{"alert_type": "order.paid"}', true), ('{"alert_type": "order"}', false),
      ('{"context.amount": 250.5}', true), ('{"context.amount": 250.50}', true), ('{"context.amount": "250.5"}', false),
      ('{"context.zahl": "10"}', true), ('{"context.zahl": 10}', false), ('{"context.vip": true}', true),
      ('{"context.vip": 1}', false), ('{"context.vip": "true"}', false), ('{"context.missing": "x"}', false),
      ('{"context.region": {"ne": "eu"}}', false), ('{"context.region": {"ne": "us"}}', true),
      ('{"context.region": {"ne": 1}}', true), ('{"context.missing": {"ne": "x"}}', true),
      ('{"context.note": null}', true), ('{"context.missing": null}', true), ('{"context.region": null}', false),
      ('{"context.note": {"ne": null}}', false), ('{"context.missing": {"ne": null}}', false),
      ('{"context.region": {"ne": null}}', true),
      -- Order: numbers by value, strings by bytes, never across types.
      ('{"context.amount": {"gte": 100}}', true), ('{"context.amount": {"gt": 250.5}}', false),
      ('{"context.amount": {"gte": 250.5}}', true), ('{"context.amount": {"gt": -5, "lt": 1000}}', true),
      ('{"context.amount": {"gt": 100, "lt": 200}}', false), ('{"context.amount": {"lte": 9}}', false),
      ('{"context.zahl": {"lt": "9"}}', true), ('{"context.zahl": {"lt": 9}}', false), ('{"context.zahl": {"gt": 9}}', false),
      ('{"context.region": {"gt": "Z"}}', true), ('{"context.ü": {"gt": "z"}}', true), ('{"context.vip": {"gte": 0}}', false),
      ('{"context.note": {"lte": 0}}', false), ('{"context.missing": {"lt": 5}}', false),
      -- Sets, presence, prefix.
      ('{"context.region": {"in": ["us", "eu"]}}', true), ('{"context.region": {"in": ["us", 1, null]}}', false),
      ('{"context.region": {"nin": ["us"]}}', true), ('{"context.region": {"nin": ["us", "eu"]}}', false),
      ('{"context.missing": {"nin": ["us"]}}', true), ('{"context.note": {"exists": true}}', true),
      ('{"context.missing": {"exists": true}}', false), ('{"context.missing": {"exists": false}}', true),
      ('{"context.empty": {"exists": true}}', true), ('{"context": {"exists": true}}', true),
      ('{"message": {"prefix": "Order 7"}}', true), ('{"message": {"prefix": "order"}}', false),
      ('{"context.amount": {"prefix": "2"}}', false), ('{"message": {"prefix": "%"}}', false), ('{"message": {"prefix": ""}}', true),
      -- Paths: through objects, lists and by position.
      ('{"context.deep.a.b": 1}', true), ('{"context.deep.a.c": 1}', false), ('{"context.deep.a": 1}', false),
      ('{"context.tags": "big"}', true), ('{"context.tags": "old"}', false), ('{"context.tags": {"ne": "big"}}', false),
      ('{"context.tags": {"nin": ["old"]}}', true), ('{"context.tags.1": "big"}', true), ('{"context.tags.0": "big"}', false),
      ('{"context.tags.2": {"exists": true}}', false), ('{"context.tags.2": {"exists": false}}', true),
      ('{"context.items.sku": "B"}', true), ('{"context.items.1.sku": "B"}', true), ('{"context.items.0.sku": "B"}', false),
      ('{"context.items.0.sku": {"ne": "B"}}', true), ('{"context.ids": {"gt": 4}}', true), ('{"context.ids": {"gt": 3, "lt": 5}}', false),
      ('{"context.amount.0": 250.5}', false), ('{"context.amount.0": {"exists": false}}', true), ('{"context.deep.0.a.b": 1}', false),
      ('{"context.amount.0": {"ne": 250.5}}', true), ('{"context.odd \"key\"": 1}', true),
      -- Groups, and what they make of a mismatch.
      ('{"severity": "WARNING", "context.region": "eu"}', true), ('{"severity": "INFO", "context.region": "eu"}', false),
      ('{"or": [{"severity": "INFO"}, {"context.region": "eu"}]}', true), ('{"or": [{"severity": "INFO"}]}', false),
      ('{"and": [{"severity": "WARNING"}, {"context.region": "us"}]}', false), ('{"not": {"context.region": "us"}}', true),
      ('{"not": {"context.region": "eu"}}', false), ('{"not": {"context.zahl": {"gt": 9}}}', true),
      ('{"not": {"context.missing": {"gt": 9}}}', true), ('{"not": {"not": {"context.missing.0.x": 1}}}', false),
      ('{"severity": "WARNING", "or": [{"context.vip": false}, {"not": {"context.amount": {"lt": 250}}}]}', true)
    ) as c(filter, fits)
  loop
    assert tocsin_internal.matches_filter(v_case.filter::jsonb, v_alert) = v_case.fits, v_case.filter;
    assert tocsin_internal.matches_filter(tocsin_internal.compile_filter(v_case.filter::jsonb), v_alert) = v_case.fits,
      v_case.filter || ' when compiled';
  end loop;
  assert tocsin_internal.matches_filter(null, v_alert);
  assert not tocsin_internal.matches_filter('{"operation_type": "INSERT"}', '{"alert_type": "x", "operation_type": null, "context": {}}');
end
$$;
