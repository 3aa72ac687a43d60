create function tocsin_internal.deep_route_patterns(p_alert_type text) returns text[]
language plpgsql immutable parallel safe as $$
declare
  v_patterns text[] := array['*', p_alert_type]; v_beginning text := '';
begin
  for v_dot in 1..length(p_alert_type) - length(replace(p_alert_type, '.', '')) loop
    v_beginning := v_beginning || split_part(p_alert_type, '.', v_dot) || '.';
    v_patterns := v_patterns || (v_beginning || '*');
  end loop;
  return v_patterns;
end
$$;
comment on function tocsin_internal.deep_route_patterns(text) is 'As route_patterns, for a type with any number of dots.';
