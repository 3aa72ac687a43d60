create function tocsin_internal.check_events(p_events text[]) returns void
language plpgsql immutable as $$
declare
  v_wrong integer;
begin
  if p_events is null or cardinality(p_events) not between 1 and 100 then
    raise exception using errcode = 'INVLD', column = '/events', message = 'events must be a list of 1 to 100 event patterns.',
      hint = 'A webhook that gets everything has ["*"].';
  end if;
  select min(e.n) - 1 into v_wrong from unnest(p_events) with ordinality as e(pattern, n)
   where e.pattern is null or length(e.pattern) > 200
      or e.pattern !~ '^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$';
  if v_wrong is not null then
    raise exception using errcode = 'INVLD', column = '/events/' || v_wrong,
      message = 'An event pattern is an alert type such as order.paid, a prefix such as order.*, or *, 200 characters at most.';
  end if;
end
$$;
comment on function tocsin_internal.check_events(text[]) is
  'Raises INVLD, with a pointer to the first wrong one, unless event patterns are sound.';
