create function tocsin_internal.filter_group(p_group jsonb, p_pointer text, p_depth integer) returns text
language plpgsql immutable parallel safe as $$
declare
  v_key text; v_value jsonb; v_pointer text; v_parts text[] := '{}';
begin
  if jsonb_typeof(p_group) <> 'object' or p_group = '{}' then
    perform tocsin_internal.refuse_filter(p_pointer, 'This must be a JSON object with at least one condition.');
  elsif p_depth > 8 then
    perform tocsin_internal.refuse_filter(p_pointer, 'and, or and not must not be nested more than 8 deep.');
  end if;
  for v_key, v_value in select e.key, e.value from jsonb_each(p_group) e loop
    v_pointer := p_pointer || '/' || replace(replace(v_key, '~', '~0'), '/', '~1');
    if v_key in ('and', 'or') then
      if jsonb_typeof(v_value) <> 'array' or v_value = '[]' then
        perform tocsin_internal.refuse_filter(v_pointer, 'and and or take a list of at least one filter.');
      end if;
      v_parts := v_parts || (
        select '(' || string_agg(tocsin_internal.filter_group(m.value, v_pointer || '/' || (m.n - 1)::text, p_depth + 1),
                 case v_key when 'and' then ' && ' else ' || ' end order by m.n) || ')'
          from jsonb_array_elements(v_value) with ordinality as m(value, n));
    elsif v_key = 'not' then
      v_parts := v_parts || ('!(' || tocsin_internal.filter_group(v_value, v_pointer, p_depth + 1) || ')');
    else
      v_parts := v_parts || tocsin_internal.filter_condition(v_key, v_value, v_pointer);
    end if;
  end loop;
  return '(' || array_to_string(v_parts, ' && ') || ')';
end
$$;
comment on function tocsin_internal.filter_group(jsonb, text, integer) is
  'Translates one object of a filter, all of whose members must hold, into a JSON path predicate; raises INVLD.';
