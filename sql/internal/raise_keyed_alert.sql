create function tocsin_internal.raise_keyed_alert(
  p_tenant_id integer, p_alert tocsin_internal.alert_input, p_request_hash text default null, p_prefix text default '',
  p_traceparent text default null)
returns bigint
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_alert_id bigint;
  v_open_id bigint;
  v_request_hash text := coalesce(p_request_hash, md5(jsonb_build_array(p_alert.alert_type, p_alert.severity, p_alert.message,
    p_alert.operation_type, p_alert.context, p_alert.dedupe_key)::text));
begin
  if p_alert.idempotency_key is not null then
    v_alert_id := tocsin_internal.find_idempotent_alert(p_tenant_id, p_alert.idempotency_key, v_request_hash, p_prefix);
    if v_alert_id is not null then return v_alert_id; end if;
  end if;
  v_alert_id := (tocsin_internal.next_ids(1))[1];
  if p_alert.dedupe_key is not null then
    v_open_id := tocsin_internal.claim_dedupe_key(p_tenant_id, p_alert.dedupe_key, v_alert_id);
  end if;
  if p_alert.idempotency_key is not null then
    insert into tocsin_data.idempotency_keys (tenant_id, key, alert_id, request_hash)
      values (p_tenant_id, p_alert.idempotency_key, coalesce(v_open_id, v_alert_id), v_request_hash);
  end if;
  if v_open_id <> v_alert_id then return v_open_id; end if;
  return (tocsin_internal.insert_alert(p_tenant_id, v_alert_id, p_alert.alert_type, p_alert.severity, p_alert.message,
    p_alert.operation_type, p_alert.context, p_alert.dedupe_key, p_traceparent)).alert_id;
end
$$;
comment on function tocsin_internal.raise_keyed_alert(integer, tocsin_internal.alert_input, text, text, text) is
  'Raises an alert that has a dedupe or idempotency key, unless its first one is there; returns the id of either. p_request_hash stands for the request where that is more than this alert. Raises INVLD.';
