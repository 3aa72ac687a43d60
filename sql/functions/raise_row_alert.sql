-- Its arguments are what watch_table was told: tenant, alert type, severity, columns. A write of the user's must not fail
-- for our sake: a row that is too large is raised without its large values, and of a deleted tenant nothing is raised.
create or replace function tocsin.raise_row_alert() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_columns text[] := nullif(tg_argv[3], '')::text[];
  v_old jsonb := tocsin_internal.pick_columns(to_jsonb(old), v_columns);
  v_new jsonb := tocsin_internal.pick_columns(to_jsonb(new), v_columns);
  v_table text := coalesce(pg_partition_root(tg_relid), tg_relid)::regclass::text;
  v_done text := case tg_op when 'INSERT' then 'inserted' when 'UPDATE' then 'updated' else 'deleted' end;
  v_changed text[] := '{}';
  v_context jsonb;
begin
  if tg_op = 'UPDATE' then
    v_changed := array(select n.key from jsonb_each(v_new) n where v_old -> n.key is distinct from n.value);
    if v_changed = '{}' then return null; end if;
  end if;
  if not exists (select from tocsin_data.tenants t where t.tenant_id = tg_argv[0]::integer and t.deleted_at is null) then
    return null;
  end if;
  v_context := jsonb_build_object('table', v_table, 'old', v_old, 'new', v_new, 'changed', to_jsonb(v_changed));
  if pg_column_size(v_context) > 262144 then
    v_context := tocsin_internal.trim_row_context(v_context);
  end if;
  perform tocsin.raise_alert(tg_argv[1] || '.' || v_done,
    left(format('A row of %s was %s%s', v_table, v_done, ': ' || nullif(array_to_string(v_changed, ', '), '')), 1000),
    tg_argv[2], v_context, tg_op, p_tenant_id => tg_argv[0]::integer);
  return null;
end
$$;
comment on function tocsin.raise_row_alert() is
  'The trigger of watch_table: raises an alert for a row that was inserted, updated or deleted, unless nothing that is watched changed. Writes as raise_alert.';
