-- For the API, which raises together what different requests ask for at the same time.
create or replace function tocsin.raise_and_get_alerts(p_alerts jsonb, p_tenant_id integer default 1)
returns table (id bigint, alert_type text, severity text, status text, message text, operation_type text, context jsonb,
  dedupe_key text, delivery_count integer, created_at timestamptz)
language plpgsql volatile security definer set search_path = ''
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_ids bigint[] := array(
    select r.alert_id from tocsin.raise_alerts(p_alerts, null, p_tenant_id) with ordinality as r(alert_id, n) order by r.n);
begin
  return query
    select a.alert_id, a.alert_type, a.severity, 'pending', a.message, a.operation_type, a.payload::jsonb #> '{data,context}',
           a.dedupe_key, a.delivery_count, a.created_at
      from unnest(v_ids) with ordinality as i(alert_id, n)
     -- The limit makes it one look-up each.
     cross join lateral (
       select * from tocsin_data.alerts o where o.tenant_id = p_tenant_id and o.alert_id = i.alert_id limit 1) a
     order by i.n;
end
$$;
comment on function tocsin.raise_and_get_alerts(jsonb, integer) is
  'As raise_alerts without keys for the list, and returns the alerts in order, each as it was raised. Writes and raises as raise_alerts.';
