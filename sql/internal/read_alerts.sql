create function tocsin_internal.read_alerts(p_alerts jsonb) returns tocsin_internal.alert_input[]
language plpgsql immutable as $$
declare
  v_read tocsin_internal.alert_input[];
begin
  select array_agg((e.n, coalesce(e.a ->> 'alert_type', 'custom'), coalesce(e.a ->> 'severity', 'INFO'), e.a ->> 'message',
           e.a ->> 'operation_type', coalesce(nullif(e.a -> 'context', 'null'), '{}'), e.a ->> 'dedupe_key',
           e.a ->> 'idempotency_key')::tocsin_internal.alert_input order by e.n)
    into v_read
    from jsonb_array_elements(p_alerts) with ordinality as e(a, n);
  perform tocsin_internal.check_alert(r.alert_type, r.message, r.severity, r.context, '/' || (r.n - 1)::text, r.operation_type),
          tocsin_internal.check_key(r.dedupe_key, '/' || (r.n - 1)::text || '/dedupe_key'),
          tocsin_internal.check_key(r.idempotency_key, '/' || (r.n - 1)::text || '/idempotency_key')
     from unnest(v_read) r;
  if (select count(r.idempotency_key) from unnest(v_read) r) > 1000 then
    raise exception using errcode = 'INVLD', column = '', message = 'No more than 1,000 alerts of a list can have an idempotency_key.',
      hint = 'Give the whole list one idempotency key.';
  end if;
  return v_read;
end
$$;
comment on function tocsin_internal.read_alerts(jsonb) is
  'Reads a JSON list of alerts, defaults filled in; raises INVLD with a pointer to the first field that is wrong.';
