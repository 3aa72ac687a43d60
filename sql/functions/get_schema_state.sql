create or replace function tocsin.get_schema_state() returns table (rebuilt_sha256 text, tables text[])
language sql stable security definer set search_path = '' as $$
  select s.rebuilt_sha256, array(select m.name from tocsin_data.schema_migrations m order by m.name)
    from tocsin_data.schema_state s
$$;
comment on function tocsin.get_schema_state() is
  'Which sources this database was migrated with, so that a server that may not migrate can tell whether it fits.';
