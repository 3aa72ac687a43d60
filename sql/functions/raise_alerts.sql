create or replace function tocsin.raise_alerts(
  p_alerts jsonb, p_idempotency_key text default null, p_tenant_id integer default 1, p_traceparent text default null)
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
  perform tocsin_internal.check_key(p_idempotency_key, '/idempotency_key'), tocsin_internal.check_traceparent(p_traceparent);
  v_fresh := tocsin_internal.read_alerts(p_alerts);
  if p_idempotency_key is not null or p_alerts @? '$[*] ? (@.dedupe_key != null || @.idempotency_key != null)' then
    -- Keys are settled one by one, in order, so that an alert sees the keys of those before it. The list's own key stands
    -- for the whole list: each alert without a key keeps the hash of all, under the key and its place in the list.
    return query
      select tocsin_internal.raise_keyed_alert(p_tenant_id,
               row(a.n, a.alert_type, a.severity, a.message, a.operation_type, a.context, a.dedupe_key,
                 coalesce(a.idempotency_key, a.n::text || E'\x1f' || p_idempotency_key))::tocsin_internal.alert_input,
               case when a.idempotency_key is null then md5(p_alerts::text) end, '/' || (a.n - 1)::text, p_traceparent)
        from unnest(v_fresh) a order by a.n;
    return;
  end if;
  v_ids := tocsin_internal.next_ids(cardinality(v_fresh));
  perform tocsin_internal.insert_alerts(p_tenant_id, v_ids,
      array_agg(a.alert_type order by a.n), array_agg(a.severity order by a.n), array_agg(a.message order by a.n),
      array_agg(a.operation_type order by a.n), array_agg(a.context order by a.n), array_agg(a.dedupe_key order by a.n),
      p_traceparent)
     from unnest(v_fresh) a;
  return query select unnest(v_ids);
end
$$;
comment on function tocsin.raise_alerts(jsonb, text, integer, text) is
  'Raises a list of alerts, all or none: [{"message", "alert_type", "severity", "context", "operation_type", "dedupe_key", "idempotency_key"}], only message is needed. Returns their ids in order. Deliveries go on with the trace of p_traceparent. Writes as raise_alert; raises INVLD with a pointer such as /3/severity.';
