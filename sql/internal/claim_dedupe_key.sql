-- The transaction gets its number before it may have to wait for the key: tally_alerts counts on an alert's transaction being
-- no younger than its id.
create function tocsin_internal.claim_dedupe_key(p_tenant_id integer, p_dedupe_key text, p_alert_id bigint) returns bigint
language plpgsql volatile as $$
declare
  v_alert_id bigint;
begin
  perform pg_current_xact_id();
  insert into tocsin_data.alert_dedupe_keys as k (tenant_id, dedupe_key, alert_id, last_raised_at)
    values (p_tenant_id, p_dedupe_key, p_alert_id, clock_timestamp())
  on conflict (tenant_id, dedupe_key) do update
    set occurrences = k.occurrences + 1, last_raised_at = excluded.last_raised_at
  returning k.alert_id into v_alert_id;
  return v_alert_id;
end
$$;
comment on function tocsin_internal.claim_dedupe_key(integer, text, bigint) is
  'Gives the open alert of a dedupe key: the new one, or the one that is open already, whose occurrences then grow by one.';
