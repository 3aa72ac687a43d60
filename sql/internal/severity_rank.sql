create function tocsin_internal.severity_rank(p_severity text) returns smallint
language sql immutable parallel safe as $$
  select (case p_severity when 'INFO' then 1 when 'WARNING' then 2 when 'CRITICAL' then 3 end)::smallint
$$;
comment on function tocsin_internal.severity_rank(text) is 'INFO 1, WARNING 2, CRITICAL 3; null for anything else.';
