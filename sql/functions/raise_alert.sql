create or replace function tocsin.raise_alert(
  p_alert_type text default 'custom', p_message text default null, p_severity text default 'INFO', p_context jsonb default '{}',
  p_operation_type text default null, p_dedupe_key text default null, p_idempotency_key text default null,
  p_tenant_id integer default 1)
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_alert_id bigint;
  v_first_id bigint;
  v_request_hash text;
begin
  perform tocsin_internal.check_alert(p_alert_type, p_message, p_severity, p_context);
  perform tocsin_internal.check_tenant(p_tenant_id);
  if p_idempotency_key is not null then
    v_request_hash := md5(concat_ws(E'\x1f', p_alert_type, p_message, p_severity, p_context, p_operation_type, p_dedupe_key));
    v_first_id := tocsin_internal.find_idempotent_alert(p_tenant_id, p_idempotency_key, v_request_hash);
    if v_first_id is not null then return v_first_id; end if;
  end if;
  v_alert_id := tocsin_internal.next_id();
  if p_dedupe_key is not null then
    v_first_id := tocsin_internal.claim_dedupe_key(p_tenant_id, p_dedupe_key, v_alert_id);
  end if;
  if p_idempotency_key is not null then
    insert into tocsin_data.idempotency_keys (tenant_id, key, alert_id, request_hash)
      values (p_tenant_id, p_idempotency_key, coalesce(v_first_id, v_alert_id), v_request_hash);
  end if;
  if v_first_id is distinct from v_alert_id and v_first_id is not null then return v_first_id; end if;
  perform tocsin_internal.insert_alerts(p_tenant_id, array[v_alert_id], array[p_alert_type], array[p_severity],
    array[p_message], array[p_operation_type], array[p_context], array[p_dedupe_key]);
  return v_alert_id;
end
$$;
comment on function tocsin.raise_alert(text, text, text, jsonb, text, text, text, integer) is
  'Raises an alert in the caller''s transaction: rolled back, it is never sent; committed, every matching webhook gets it at least once or the giving up is visible. Returns its id; with a dedupe_key whose alert is still open, or a repeated idempotency_key, the id of the first one. Writes alerts, alert_delivery_queue, idempotency_keys, alert_dedupe_keys; raises INVLD, NTFND.';
