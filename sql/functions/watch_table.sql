-- It runs as Tocsin's owner, so the caller's own right to put triggers on the table is asked for here.
create or replace function tocsin.watch_table(
  p_table regclass, p_alert_type text default null, p_severity text default 'INFO',
  p_operations text[] default '{INSERT,UPDATE,DELETE}', p_columns text[] default null, p_tenant_id integer default 1)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_type text := coalesce(p_alert_type,
    (select regexp_replace(c.relname, '[^A-Za-z0-9_-]+', '_', 'g') from pg_class c where c.oid = p_table));
begin
  perform tocsin_internal.check_watchable(p_table);
  perform tocsin_internal.check_alert(v_type || '.inserted', 'message', p_severity, '{}');
  perform tocsin_internal.check_known_tenant(p_tenant_id);
  if p_operations is null or p_operations = '{}' or not p_operations <@ '{INSERT,UPDATE,DELETE}' then
    raise exception using errcode = 'INVLD', column = '/operations', message = 'operations must be some of INSERT, UPDATE and DELETE.';
  elsif p_columns = '{}' or exists (
      select from unnest(p_columns) as w(name)
       where not exists (select from pg_attribute a
                          where a.attrelid = p_table and a.attname = w.name and a.attnum > 0 and not a.attisdropped)) then
    raise exception using errcode = 'INVLD', column = '/columns', message = 'columns must be columns that the table has.';
  end if;
  execute format('create or replace trigger tocsin_raise_row_alert after %s on %s for each row '
      'execute function tocsin.raise_row_alert(%L, %L, %L, %L)',
    array_to_string(p_operations, ' or '), p_table, p_tenant_id, v_type, p_severity, coalesce(p_columns::text, ''));
  -- Gone are tables that were dropped, and partitions, whose own trigger this one has replaced.
  delete from tocsin_data.watched_tables w
   where to_regclass(w.table_name) is null or to_regclass(w.table_name) in (select t.relid from pg_partition_tree(p_table) t);
  insert into tocsin_data.watched_tables as w (table_name, tenant_id, alert_type, severity, operations, columns)
    values (p_table::text, p_tenant_id, v_type, p_severity, p_operations, p_columns)
  on conflict (table_name) do update
    set tenant_id = excluded.tenant_id, alert_type = excluded.alert_type, severity = excluded.severity,
        operations = excluded.operations, columns = excluded.columns;
  return v_type;
exception
  when insufficient_privilege then
    raise exception using errcode = 'NPERM', message = 'Tocsin''s own role may not put a trigger on this table.',
      hint = format('As the owner of the table say: grant trigger on %s to %I', p_table, current_user);
end
$$;
comment on function tocsin.watch_table(regclass, text, text, text[], text[], integer) is
  'From now on each row that is inserted, updated or deleted raises an alert, in the same transaction: <alert_type>.inserted, .updated or .deleted, with the context {"table", "old", "new", "changed"}. With p_columns only those are shown, and an update that changes none of them raises nothing. Called again it replaces what was set. Returns the alert type, by default the table''s name. Creates a trigger on the table and writes watched_tables; raises NPERM unless the caller may create triggers there, INVLD, NTFND, and EXIST for a partition of a watched table.';
