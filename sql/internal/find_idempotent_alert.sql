-- The lock makes check and insert one step although uniqueness stops at a partition: it is held until the transaction
-- ends, so the second of two equal requests waits and then sees the first one's answer. All alerts of a list with one
-- key (raise_alerts puts their place before it) share one lock: the server has room for some thousands.
create function tocsin_internal.find_idempotent_alert(
  p_tenant_id integer, p_key text, p_request_hash text, p_prefix text) returns bigint
language plpgsql volatile as $$
declare
  v_found record;
begin
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || ':' || regexp_replace(p_key, E'^\\d+\x1f', ''), 20));
  select k.alert_id, k.request_hash into v_found from tocsin_data.idempotency_keys k
   where k.tenant_id = p_tenant_id and k.key = p_key limit 1;
  if v_found.request_hash <> p_request_hash then
    raise exception using errcode = 'INVLD', column = p_prefix || '/idempotency_key',
      message = 'This idempotency key was used for a different request.', hint = 'Use a new key for a new request.';
  end if;
  return v_found.alert_id;
end
$$;
comment on function tocsin_internal.find_idempotent_alert(integer, text, text, text) is
  'Takes an idempotency key for this transaction; returns the alert of its first use, or null. Raises INVLD when the request differs.';
