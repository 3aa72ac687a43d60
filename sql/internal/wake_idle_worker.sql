-- An idle worker holds this lock exclusively. When the shared lock is granted nobody is idle, and holding it to the end of
-- this transaction keeps a worker from falling asleep before our rows are visible to its last look. So NOTIFY, which takes
-- a lock on the whole cluster at commit, is used only when somebody really sleeps.
create function tocsin_internal.wake_idle_worker() returns void
language sql volatile as $$
  select pg_notify('tocsin_ready', '') where not pg_try_advisory_xact_lock_shared(1953456995, 1)
$$;
comment on function tocsin_internal.wake_idle_worker() is 'Notifies the channel tocsin_ready if a worker sleeps.';
