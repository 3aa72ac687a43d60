-- One writer at a time; who finds another at it leaves.
create function tocsin_internal.fold_webhook_health() returns integer
language plpgsql volatile set jit = off as $$
declare
  v_minute_at timestamptz; v_folded integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('tocsin.fold_webhook_health')) then return 0; end if;
  perform tocsin_internal.fold_results();
  for v_minute_at in
    select distinct date_bin('1 minute', d.recorded_at, '2000-01-01 00:00Z') from tocsin_data.webhook_health_deltas d order by 1 limit 10
  loop
    v_folded := v_folded + tocsin_internal.fold_health_minute(v_minute_at);
  end loop;
  return v_folded;
end
$$;
comment on function tocsin_internal.fold_webhook_health() is
  'Adds the rows of webhook_health_deltas to webhook_health_metrics and history_deltas, and those of history_results to history_deltas, and deletes them; returns how many webhooks changed.';
