-- The path is lax: it goes through a list to whichever element fits. An index into what is no list would then give the
-- thing itself, hence the guards.
create function tocsin_internal.filter_path(p_path text, p_pointer text, out path text, out guards text)
language plpgsql immutable parallel safe as $$
declare
  v_parts text[] := string_to_array(p_path, '.');
  v_part text;
begin
  if p_path = '' or v_parts[1] <> all ('{alert_type,severity,message,operation_type,context}')
      or v_parts[1] <> 'context' and cardinality(v_parts) > 1 or '' = any (v_parts) or cardinality(v_parts) > 20 then
    perform tocsin_internal.refuse_filter(p_pointer, 'A condition is on alert_type, severity, message, operation_type or '
      'context.<name>, with more names or list positions after further dots, 20 at most.');
  end if;
  path := '$';
  guards := '';
  foreach v_part in array v_parts loop
    if v_part ~ '^[0-9]{1,6}$' then
      guards := guards || path || '.type() == "array" && ';
      path := path || '[' || v_part || ']';
    else
      path := path || '.' || to_json(v_part)::text;
    end if;
  end loop;
end
$$;
comment on function tocsin_internal.filter_path(text, text) is
  'Translates context.items.0.sku into a JSON path and what must hold for it; raises INVLD.';
