-- Every worker calls it each second; whoever finds another at it leaves. Keeping the history locks nothing that others
-- want, so it comes before what does. Then reaping, as it alone waits for row locks (of the lanes that it frees); all others
-- skip what is locked, so that no deadlock with recording can arise.
create or replace function tocsin.run_maintenance()
returns table (promoted integer, parked integer, unparked integer, cancelled integer, reaped integer, folded integer)
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not pg_try_advisory_xact_lock(1953456995, 3) then return; end if;
  perform tocsin_internal.keep_history();
  reaped := tocsin.reap_leases();
  promoted := tocsin_internal.promote_retries();
  parked := tocsin_internal.park_deliveries();
  unparked := tocsin_internal.unpark_deliveries();
  cancelled := tocsin_internal.cancel_deliveries();
  folded := tocsin_internal.fold_webhook_health();
  if promoted + unparked + reaped > 0 then perform tocsin_internal.wake_idle_worker(); end if;
  return next;
end
$$;
comment on function tocsin.run_maintenance() is
  'One round of housekeeping, for every second: promotes retries, parks and unparks lanes, cancels for deleted webhooks, reaps lost leases, folds health, keeps the history. Returns how many of each, no row when another session is at it. Writes the queue tables, webhook_health_metrics and the tables of the history.';
