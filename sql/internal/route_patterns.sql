-- Without a query where a type has one dot or none, as most have: it cost raising a tenth of all. No pattern comes twice, or
-- an alert would meet a webhook twice.
create function tocsin_internal.route_patterns(p_alert_type text) returns text[]
language sql immutable parallel safe as $$
  select case when p_alert_type like '%.%.%' then tocsin_internal.deep_route_patterns(p_alert_type)
    when p_alert_type like '%.%' then array['*', p_alert_type, split_part(p_alert_type, '.', 1) || '.*']
    else array['*', p_alert_type] end
$$;
comment on function tocsin_internal.route_patterns(text) is
  'All event patterns that match an alert type: itself, * and a.*, a.b.* for a.b.c.';
