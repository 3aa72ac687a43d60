-- What a filter may not be, and the pointer to the place.
do $$
declare
  v_case record; v_pointer text; v_message text; v_deep jsonb := '{"severity": "INFO"}';
begin
  for v_case in
    select * from (values
      ('[]', '/filter'), ('"x"', '/filter'), ('null', '/filter'), ('{"region": "eu"}', '/filter/region'),
      ('{"context": "x", "severity.x": 1}', '/filter/severity.x'), ('{"context..a": 1}', '/filter/context..a'),
      ('{"": 1}', '/filter/'), ('{"context.a": {}}', '/filter/context.a'), ('{"context.a": [1]}', '/filter/context.a'),
      ('{"context.a": {"regex": "(a+)+"}}', '/filter/context.a/regex'), ('{"context.a": {"eq": {"b": 1}}}', '/filter/context.a/eq'),
      ('{"context.a": {"gt": true}}', '/filter/context.a/gt'), ('{"context.a": {"lte": null}}', '/filter/context.a/lte'),
      ('{"context.a": {"in": "x"}}', '/filter/context.a/in'), ('{"context.a": {"in": []}}', '/filter/context.a/in'),
      ('{"context.a": {"nin": [{}]}}', '/filter/context.a/nin'), ('{"context.a": {"in": [[1]]}}', '/filter/context.a/in'),
      ('{"context.a": {"exists": 1}}', '/filter/context.a/exists'), ('{"context.a": {"prefix": 1}}', '/filter/context.a/prefix'),
      ('{"or": {}}', '/filter/or'), ('{"or": []}', '/filter/or'), ('{"and": [{"severity": "INFO"}, 1]}', '/filter/and/1'),
      ('{"or": [{"severity": "INFO"}, {"not": {"context.a/b~c": {"x": 1}}}]}', '/filter/or/1/not/context.a~1b~0c/x'),
      ('{"not": {}}', '/filter/not'), ('{"and": [{}]}', '/filter/and/0')
    ) as c(filter, pointer)
  loop
    begin
      perform tocsin_internal.check_filter(v_case.filter::jsonb);
      assert false, v_case.filter || ' was accepted';
    exception when sqlstate 'INVLD' then
      get stacked diagnostics v_pointer = column_name, v_message = message_text;
      assert v_pointer = v_case.pointer, v_case.filter || ' gave ' || v_pointer;
      assert v_message not like '%regex%', 'the message repeats what was sent';
    end;
  end loop;

  perform tocsin_internal.check_filter(null);
  perform tocsin_internal.check_filter('{}');
  for i in 1..7 loop v_deep := jsonb_build_object('not', v_deep); end loop;
  perform tocsin_internal.check_filter(v_deep);
  begin
    perform tocsin_internal.check_filter(jsonb_build_object('not', v_deep));
    assert false, 'nine levels were accepted';
  exception when sqlstate 'INVLD' then null;
  end;
  perform tocsin_internal.check_filter(jsonb_build_object('context.a', jsonb_build_object('in', (select jsonb_agg(i) from generate_series(1, 197) i))));
  begin
    perform tocsin_internal.check_filter(jsonb_build_object('context.a', jsonb_build_object('in', (select jsonb_agg(i) from generate_series(1, 198) i))));
    assert false, 'more than 200 values were accepted';
  exception when sqlstate 'INVLD' then null;
  end;
  begin
    perform tocsin_internal.check_filter(jsonb_build_object('message', repeat('x', 16400)));
    assert false, 'a huge filter was accepted';
  exception when sqlstate 'INVLD' then null;
  end;
end
$$;
