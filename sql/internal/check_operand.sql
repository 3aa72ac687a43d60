create function tocsin_internal.check_operand(p_op text, p_value jsonb, p_pointer text) returns void
language plpgsql immutable parallel safe as $$
declare
  v_type text := jsonb_typeof(p_value);
begin
  if p_op not in ('eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'exists', 'prefix') then
    perform tocsin_internal.refuse_filter(p_pointer, 'The operators are eq, ne, gt, gte, lt, lte, in, nin, exists and prefix.');
  elsif p_op in ('eq', 'ne') and v_type in ('object', 'array') then
    perform tocsin_internal.refuse_filter(p_pointer, 'eq and ne compare with a string, a number, true, false or null.');
  elsif p_op in ('gt', 'gte', 'lt', 'lte') and v_type not in ('number', 'string') then
    perform tocsin_internal.refuse_filter(p_pointer, 'gt, gte, lt and lte compare with a number or a string.');
  elsif p_op in ('in', 'nin') and (v_type <> 'array' or p_value = '[]' or p_value @? '$[*] ? (@.type() == "object")'
      or p_value @? 'strict $[*] ? (@.type() == "array")') then
    perform tocsin_internal.refuse_filter(p_pointer, 'in and nin take a list of strings, numbers, true, false or null.');
  elsif p_op = 'exists' and v_type <> 'boolean' then
    perform tocsin_internal.refuse_filter(p_pointer, 'exists takes true or false.');
  elsif p_op = 'prefix' and v_type <> 'string' then
    perform tocsin_internal.refuse_filter(p_pointer, 'prefix takes a string.');
  end if;
end
$$;
comment on function tocsin_internal.check_operand(text, jsonb, text) is 'Raises INVLD unless an operator of a filter exists and can have the value.';
