-- Every worker calls it each second; whoever finds another at it leaves. Keeping the history and replaying wait for nothing
-- that others hold, so they come before what does. Then reaping, as it alone waits for row locks (of the lanes that it
-- frees); all others skip what is locked, so that no deadlock with recording can arise.
create or replace function tocsin.run_maintenance()
returns table (promoted integer, parked integer, unparked integer, cancelled integer, reaped integer, folded integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_replayed integer; v_is_changed boolean;
begin
  if not pg_try_advisory_xact_lock(1953456995, 3) then return; end if;
  perform tocsin_internal.keep_history();
  v_replayed := tocsin_internal.advance_replays();
  reaped := tocsin.reap_leases();
  perform tocsin_internal.count_queues();
  promoted := tocsin_internal.promote_retries();
  parked := tocsin_internal.park_deliveries();
  unparked := tocsin_internal.unpark_deliveries();
  cancelled := tocsin_internal.cancel_deliveries();
  -- What was recorded since the last round, failures included; folding takes it away.
  v_is_changed := exists (select from tocsin_data.webhook_health_deltas) or exists (select from tocsin_data.history_results);
  folded := tocsin_internal.fold_webhook_health();
  perform tocsin_internal.recover_lanes();
  v_is_changed := v_is_changed or folded + promoted + parked + unparked + cancelled + reaped > 0;
  if v_is_changed then perform pg_notify('tocsin_changed', '0:health'); end if;
  if promoted + unparked + reaped + v_replayed > 0 then perform tocsin_internal.wake_idle_worker(); end if;
  return next;
end
$$;
comment on function tocsin.run_maintenance() is
  'One round of housekeeping, for every second: promotes retries, parks and unparks lanes, cancels for deleted webhooks, reaps lost leases, counts the queues that have a limit, folds health, slows down and speeds up webhooks, keeps the history, goes on with replays. Tells the servers'' caches, once, when figures changed. Returns how many of each, no row when another session is at it. Writes the queue tables, tenant_queues, webhook_health_metrics, webhook_lanes, the tables of replays and the tables of the history.';
