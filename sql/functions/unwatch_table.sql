create or replace function tocsin.unwatch_table(p_table regclass) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_watched boolean;
begin
  perform tocsin_internal.check_watchable(p_table);
  v_watched := exists (select from pg_trigger t where t.tgrelid = p_table and t.tgname = 'tocsin_raise_row_alert');
  execute format('drop trigger if exists tocsin_raise_row_alert on %s', p_table);
  delete from tocsin_data.watched_tables w where w.table_name = p_table::text;
  return v_watched;
exception
  when insufficient_privilege then
    raise exception using errcode = 'NPERM', message = 'Tocsin''s own role may not drop a trigger of this table.',
      hint = format('As the owner of the table say: drop trigger tocsin_raise_row_alert on %s', p_table);
end
$$;
comment on function tocsin.unwatch_table(regclass) is
  'Ends what watch_table began; returns whether the table was watched. Drops the trigger and writes watched_tables; raises NPERM unless the caller may create triggers there.';
