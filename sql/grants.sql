-- Who may do what. The owner of the schemas migrates; the server needs no more than the role tocsin_server, which may call
-- functions and read views of schema tocsin, and touch no table. `tocsin serve` and `tocsin work` take that role by themselves
-- when the user of DATABASE_URL may. Stricter, as nobody can get more rights back, is a user who never had them:
--   create role tocsin_login login password '…' in role tocsin_server;
-- with DATABASE_URL naming that user, and `tocsin migrate` run as the owner before each upgrade.
--
-- An application that raises alerts in its own transactions needs only:
--   grant usage on schema tocsin to app;
--   grant execute on function tocsin.raise_alert to app;
do $$
declare
  v_routine regprocedure;
begin
  revoke all on schema tocsin_data, tocsin_internal from public;
  revoke execute on all routines in schema tocsin_internal from public;
  if to_regrole('tocsin_server') is null
     and (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = current_user) then
    begin
      create role tocsin_server nologin;
    exception when duplicate_object or unique_violation then
      -- Another database of this cluster was migrated at the same moment.
    end;
  end if;
  for v_routine in
    -- What a user put into the schema is theirs to grant.
    select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_roles r on r.oid = p.proowner
     where p.pronamespace = 'tocsin'::regnamespace and p.prosecdef and r.rolname = current_user
  loop
    execute format('revoke execute on routine %s from public', v_routine);
    -- The trigger, and what puts it on users' tables, are not for the server.
    if to_regrole('tocsin_server') is not null
       and v_routine::text !~ '^tocsin\.(watch_table|unwatch_table|raise_row_alert)\(' then
      execute format('grant execute on routine %s to tocsin_server', v_routine);
    end if;
  end loop;
  if to_regrole('tocsin_server') is null then
    return;
  end if;
  grant usage on schema tocsin to tocsin_server;
  grant select on all tables in schema tocsin to tocsin_server;
  -- Whoever created the role is a member that may give it on, but from PostgreSQL 16 not one that may take it.
  if not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
    begin
      execute format('grant tocsin_server to %I', current_user);
    exception when insufficient_privilege then
      -- The role is another owner's: then this one's server keeps the rights that its user has.
    end;
  end if;
end
$$;
