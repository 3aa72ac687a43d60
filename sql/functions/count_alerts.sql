create or replace function tocsin.count_alerts(
  p_tenant_id integer, p_status text default null, p_severity text default null, p_alert_type text default null,
  p_since timestamptz default null, p_until timestamptz default null, p_q text default null)
returns bigint
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  v_ids record := tocsin_internal.id_bounds(p_since, p_until, null);
begin
  perform tocsin_internal.check_choice(p_status, '{pending,acknowledged,resolved}', '/status');
  perform tocsin_internal.check_choice(p_severity, '{INFO,WARNING,CRITICAL}', '/severity');
  return (select count(*) from tocsin_internal.find_alerts(p_tenant_id, p_status, p_severity, p_alert_type, v_ids.from_id,
    v_ids.before_id, p_q, 10001, 0));
end
$$;
comment on function tocsin.count_alerts(integer, text, text, text, timestamptz, timestamptz, text) is
  'How many alerts list_alerts would give in all; 10,001 stands for more than 10,000. Raises INVLD.';
