create function tocsin_internal.alert_rows(p_tenant_id integer, p_alert_ids bigint[])
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz, acknowledged_at timestamptz, acknowledged_by text,
  resolved_at timestamptz, resolved_by text, notes text)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select a.alert_id, a.alert_type, a.severity, a.status, a.message, a.operation_type, a.payload::jsonb #> '{data,context}',
           a.dedupe_key, a.delivery_count + (select count(*) from tocsin_data.alert_redeliveries m where m.alert_id = a.alert_id)::integer,
           a.created_at, a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by, a.notes
      from unnest(p_alert_ids) with ordinality as i(alert_id, n)
     cross join lateral (select * from tocsin_data.alerts o where o.tenant_id = p_tenant_id and o.alert_id = i.alert_id limit 1) a
     order by i.n;
end
$$;
comment on function tocsin_internal.alert_rows(integer, bigint[]) is 'Alerts as the outside sees them, in the order of the ids.';
