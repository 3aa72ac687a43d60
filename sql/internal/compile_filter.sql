-- The whole language of filters is compile_filter, filter_group, filter_condition and filter_path. It has no regular
-- expressions: who writes filters must not be able to slow down whoever raises alerts.
create function tocsin_internal.compile_filter(p_filter jsonb) returns jsonb
language plpgsql immutable parallel safe as $$
begin
  if p_filter is null then
    return null;
  elsif jsonb_typeof(p_filter) <> 'object' then
    perform tocsin_internal.refuse_filter('/filter', 'A filter must be a JSON object.');
  elsif length(p_filter::text) > 16384 then
    perform tocsin_internal.refuse_filter('/filter', 'A filter must not have more than 16,384 characters.');
  elsif (select count(*) from jsonb_path_query(p_filter, 'strict $.**')) > 200 then
    perform tocsin_internal.refuse_filter('/filter', 'A filter must not have more than 200 values, the nested ones included.');
  end if;
  return to_jsonb(case when p_filter = '{}' then '1 == 1' else tocsin_internal.filter_group(p_filter, '/filter', 1) end);
end
$$;
comment on function tocsin_internal.compile_filter(jsonb) is
  'Translates a filter into a JSON path predicate, as a JSON string; raises INVLD with a pointer to what is wrong with it.';
