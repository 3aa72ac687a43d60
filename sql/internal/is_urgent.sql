create function tocsin_internal.is_urgent(p_tenant_id integer, p_alert_id bigint) returns boolean
language sql stable parallel safe as $$
  select exists (select from tocsin_data.alerts a
                  where a.tenant_id = p_tenant_id and a.alert_id = p_alert_id and a.severity = 'CRITICAL')
$$;
comment on function tocsin_internal.is_urgent(integer, bigint) is 'Whether deliveries of an alert go before others.';
