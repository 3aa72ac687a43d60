-- A list fits when one of its elements does. ne and nin are the opposite of eq and in, so a field that is absent fits
-- them; eq null fits an absent field too. Values of different types are never equal, nor one less than the other.
create function tocsin_internal.filter_condition(p_path text, p_wanted jsonb, p_pointer text) returns text
language plpgsql immutable parallel safe as $$
declare
  v_at record := tocsin_internal.filter_path(p_path, p_pointer);
  v_op text; v_value jsonb; v_pointer text; v_test text; v_tests text[] := '{}'; v_parts text[] := '{}';
begin
  if jsonb_typeof(p_wanted) = 'array' or p_wanted = '{}' then
    perform tocsin_internal.refuse_filter(p_pointer, 'A condition is a string, a number, true, false, null, or an object '
      'of operators. For one of several values write {"in": [...]}.');
  end if;
  for v_op, v_value in
    select e.key, e.value from jsonb_each(case when jsonb_typeof(p_wanted) = 'object' then p_wanted
                                               else jsonb_build_object('eq', p_wanted) end) e
  loop
    v_pointer := p_pointer || case when jsonb_typeof(p_wanted) = 'object'
      then '/' || replace(replace(v_op, '~', '~0'), '/', '~1') else '' end;
    perform tocsin_internal.check_operand(v_op, v_value, v_pointer);
    v_test := case v_op
      when 'gt' then '@ > ' || v_value::text
      when 'gte' then '@ >= ' || v_value::text
      when 'lt' then '@ < ' || v_value::text
      when 'lte' then '@ <= ' || v_value::text
      when 'prefix' then '@ starts with ' || v_value::text
      when 'exists' then ''
      else (select string_agg('@ == ' || m.value::text, ' || ')
              from jsonb_array_elements(case when v_op in ('in', 'nin') then v_value else jsonb_build_array(v_value) end) m)
    end;
    if v_op = 'exists' then
      v_parts := v_parts || format('%s(%sexists(%s))', case when v_value = 'true' then '' else '!' end, v_at.guards, v_at.path);
    elsif v_op in ('eq', 'ne') and v_value = 'null' then
      v_parts := v_parts || format('%4$s(!(%1$sexists(%2$s)) || exists(%2$s ? (%3$s)))', v_at.guards, v_at.path, v_test,
        case v_op when 'eq' then '' else '!' end);
    elsif v_op in ('ne', 'nin') then
      v_parts := v_parts || format('!(%sexists(%s ? (%s)))', v_at.guards, v_at.path, v_test);
    else
      v_tests := v_tests || ('(' || v_test || ')');
    end if;
  end loop;
  if cardinality(v_tests) > 0 then
    v_parts := v_parts || format('(%sexists(%s ? (%s)))', v_at.guards, v_at.path, array_to_string(v_tests, ' && '));
  end if;
  return array_to_string(v_parts, ' && ');
end
$$;
comment on function tocsin_internal.filter_condition(text, jsonb, text) is
  'Translates a path and its operators, all of which must hold, into a JSON path predicate; raises INVLD.';
