create function tocsin_internal.check_replay(
  p_status text, p_since timestamptz, p_until timestamptz, p_alert_types text[], p_alert_ids bigint[], p_filter jsonb,
  p_limit integer, p_per_second integer)
returns void
language plpgsql stable as $$
begin
  perform tocsin_internal.check_choice(coalesce(p_status, ''), '{failed,delivered,all}', '/status');
  perform tocsin_internal.check_filter(p_filter);
  if p_until <= p_since then
    raise exception using errcode = 'INVLD', column = '/until', message = 'until must be later than since.';
  elsif cardinality(p_alert_types) not between 1 and 100 then
    raise exception using errcode = 'INVLD', column = '/alert_types', message = 'alert_types must be 1 to 100.';
  elsif cardinality(p_alert_ids) not between 1 and 1000 then
    raise exception using errcode = 'INVLD', column = '/alert_ids', message = 'alert_ids must be 1 to 1,000.';
  elsif p_limit < 1 then
    raise exception using errcode = 'INVLD', column = '/limit', message = 'limit must be 1 or more.';
  elsif p_per_second not between 1 and 5000 then
    raise exception using errcode = 'INVLD', column = '/per_second', message = 'per_second must be from 1 to 5,000.';
  end if;
end
$$;
comment on function tocsin_internal.check_replay(text, timestamptz, timestamptz, text[], bigint[], jsonb, integer, integer) is
  'Raises INVLD, with a pointer, unless what a replay asks for is within bounds.';
