-- The row decides which of two reports comes first: the other waits for it and then changes nothing. A full queue is no reason
-- to be silent about what is wrong: the limit of the tenant is for what others raise.
create or replace function tocsin.report_condition(
  p_scope text, p_alert_type text, p_is_firing boolean, p_severity text, p_message text, p_context jsonb default '{}')
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_alert_id bigint;
  v_alert tocsin_internal.alert_input := (1, p_alert_type, p_severity, p_message, null, null, null, null);
begin
  if p_alert_type !~ '^tocsin\.' or length(p_scope) not between 1 and 200 then
    raise exception using errcode = 'INVLD', message = 'A condition has a type that begins with tocsin. and a scope.';
  end if;
  perform tocsin_internal.check_alert(p_alert_type, p_message, p_severity, p_context);
  begin
    perform tocsin_internal.check_tenant(1);
  exception when sqlstate 'LIMIT' then
  end;
  v_alert.context := p_context || jsonb_build_object('scope', p_scope, 'state', case when p_is_firing then 'entered' else 'left' end);
  if p_is_firing then
    insert into tocsin_data.system_conditions (scope, alert_type) values (p_scope, p_alert_type) on conflict do nothing;
    if not found then return null; end if;
    v_alert.dedupe_key := p_alert_type || ' ' || p_scope;
    v_alert_id := tocsin_internal.raise_keyed_alert(1, v_alert);
    update tocsin_data.system_conditions c set alert_id = v_alert_id where c.scope = p_scope and c.alert_type = p_alert_type;
    return v_alert_id;
  end if;
  delete from tocsin_data.system_conditions c where c.scope = p_scope and c.alert_type = p_alert_type
    returning c.alert_id into v_alert_id;
  if not found then return null; end if;
  begin
    perform tocsin.resolve_alert(1, v_alert_id, 'tocsin', 'It is over.');
  exception when sqlstate 'NTFND' then
    -- It was dropped by age.
  end;
  v_alert.severity := 'INFO';
  return tocsin_internal.raise_keyed_alert(1, v_alert);
end
$$;
comment on function tocsin.report_condition(text, text, boolean, text, text, jsonb) is
  'Says that something is wrong with Tocsin itself, or is so no longer: entering raises an alert for the tenant default, leaving resolves it and raises one of severity INFO; a report that changes nothing does nothing. Returns the id of the alert that it raised, else null. Writes system_conditions and what raise_alert and resolve_alert write; raises INVLD.';
