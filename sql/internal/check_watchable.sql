-- The caller is who a set role made them, else who logged in: current_user is Tocsin's owner here.
create function tocsin_internal.check_watchable(p_table regclass) returns void
language plpgsql stable as $$
declare
  v_caller text := coalesce(nullif(current_setting('role'), 'none'), session_user);
  v_class record;
begin
  select c.relkind, c.relpersistence, n.nspname into v_class
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = p_table;
  if v_class.nspname is null then
    raise exception using errcode = 'NTFND', message = 'There is no such table.';
  elsif not has_table_privilege(v_caller, p_table, 'trigger') then
    raise exception using errcode = 'NPERM', message = 'You may not create triggers on this table.',
      hint = 'Its owner may, and whoever the owner grants TRIGGER to.';
  elsif v_class.nspname in ('tocsin_data', 'pg_catalog', 'information_schema') or v_class.relpersistence = 't'
      or v_class.relkind not in ('r', 'p') then
    raise exception using errcode = 'INVLD', column = '/table',
      message = 'Only tables can be watched, and none that is temporary, of PostgreSQL or of Tocsin itself.';
  elsif exists (select from pg_trigger t
                 where t.tgrelid = p_table and t.tgname = 'tocsin_raise_row_alert' and t.tgparentid <> 0) then
    raise exception using errcode = 'EXIST', message = 'The table is a partition of one that is watched already.';
  end if;
end
$$;
comment on function tocsin_internal.check_watchable(regclass) is
  'Raises NTFND, NPERM, INVLD or EXIST unless the caller may create triggers on the table and Tocsin can watch it.';
