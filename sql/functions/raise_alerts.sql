create or replace function tocsin.raise_alerts(
  p_alerts jsonb, p_idempotency_key text default null, p_tenant_id integer default 1)
returns setof bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids bigint[];
  v_fresh tocsin_internal.alert_input[];
begin
  if p_alerts is null or jsonb_typeof(p_alerts) <> 'array' or jsonb_array_length(p_alerts) not between 1 and 10000 then
    raise exception using errcode = 'INVLD', column = '', message = 'alerts must be a JSON array of 1 to 10,000 alerts.';
  end if;
  perform tocsin_internal.check_tenant(p_tenant_id);
  v_fresh := tocsin_internal.read_alerts(p_alerts);
  if p_idempotency_key is not null or p_alerts @? '$[*] ? (@.dedupe_key != null || @.idempotency_key != null)' then
    -- Keys are settled one by one, in order, so that an alert sees the keys of those before it.
    return query select tocsin.raise_alert(a.alert_type, a.message, a.severity, a.context, a.operation_type, a.dedupe_key,
        coalesce(a.idempotency_key, p_idempotency_key || ':' || a.n::text), p_tenant_id)
      from unnest(v_fresh) a order by a.n;
    return;
  end if;
  v_ids := array(select tocsin_internal.next_id() from generate_series(1, cardinality(v_fresh)));
  perform tocsin_internal.insert_alerts(p_tenant_id, v_ids,
      array_agg(a.alert_type order by a.n), array_agg(a.severity order by a.n), array_agg(a.message order by a.n),
      array_agg(a.operation_type order by a.n), array_agg(a.context order by a.n), array_agg(a.dedupe_key order by a.n))
     from unnest(v_fresh) a;
  return query select unnest(v_ids);
end
$$;
comment on function tocsin.raise_alerts(jsonb, text, integer) is
  'Raises a list of alerts, all or none: [{"message", "alert_type", "severity", "context", "operation_type", "dedupe_key", "idempotency_key"}], only message is needed. Returns their ids in order. Writes as raise_alert; raises INVLD with a pointer such as /3/severity.';
