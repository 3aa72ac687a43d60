-- NOTIFY takes a lock on the whole cluster at commit, so it is used only when somebody really sleeps.
create function tocsin_internal.wake_idle_worker() returns void
language plpgsql volatile as $$
begin
  if not tocsin_internal.keep_workers_awake() then perform pg_notify('tocsin_ready', ''); end if;
end
$$;
comment on function tocsin_internal.wake_idle_worker() is 'Notifies the channel tocsin_ready if a worker sleeps.';
