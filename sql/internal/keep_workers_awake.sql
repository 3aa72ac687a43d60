-- An idle worker holds this lock exclusively. When the shared lock is granted nobody is idle, and holding it to the end of
-- this transaction keeps a worker from falling asleep before our rows are visible to its last look. One expression, which the
-- planner puts into its caller.
create function tocsin_internal.keep_workers_awake() returns boolean
language sql volatile as $$
  select pg_try_advisory_xact_lock_shared(1953456995, 1)
$$;
comment on function tocsin_internal.keep_workers_awake() is
  'True when no worker sleeps, and then none falls asleep before this transaction ends; false when one sleeps already.';
