-- The lists of what changes rarely read a page's worth too, by an index, however much there is: no scan, no sort of a table.
create function pg_temp.rows_read(out scanned bigint, out found bigint) language sql as $$
  select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'r'), 0),
         coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)) filter (where c.relkind = 'i'), 0)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'tocsin_data' and c.relname ~ '^(webhooks|webhook_routes|webhook_replays|api_key|tenants|alerts)'
$$;
do $$
declare
  v_other integer := pg_temp.make_tenant('small');
begin
  insert into tocsin_data.webhooks (tenant_id, name, url, description, events)
    select 1, 'hook ' || i, 'https://example.com/' || i, 'number ' || i, case when i % 10 = 0 then '{order.*}'::text[] else '{user.left}' end
      from generate_series(1, 3000) i;
  perform pg_temp.make_webhook('theirs', v_other);
  insert into tocsin_data.tenants (name) select 'tenant-' || i from generate_series(1, 5000) i;
  insert into tocsin_data.api_keys (tenant_id, name, role, key_hash, key_prefix)
    select case when i % 100 = 0 then v_other else 1 end, 'key ' || i, 'viewer', encode(sha256(i::text::bytea), 'hex'), 'tsk_123456'
      from generate_series(1, 5000) i;
  insert into tocsin_data.webhook_replays (replay_id, tenant_id, webhook_id, status, from_id, before_id, total, position, state, finished_at)
    select tocsin_internal.next_id(), 1, w.webhook_id, 'all', 0, 1, 0, 0, 'finished', now()
      from (select webhook_id from tocsin_data.webhooks where tenant_id = 1 order by 1 limit 5) w, generate_series(1, 1000);
end
$$;
analyze tocsin_data.webhooks, tocsin_data.tenants, tocsin_data.api_keys, tocsin_data.webhook_replays, tocsin_data.webhook_routes;

do $$
declare
  v_small integer := (select tenant_id from tocsin_data.tenants where name = 'small');
  v_hook integer := (select min(webhook_id) from tocsin_data.webhooks where tenant_id = 1);
  v_middle integer := (select webhook_id from tocsin_data.webhooks where tenant_id = 1 order by 1 offset 1500 limit 1);
  v_case record; v_before record; v_after record; v_rows bigint;
begin
  for v_case in
    select * from (values
      ('list_webhooks(1)', 20, 400), (format('list_webhooks(1, p_after_id => %s)', v_middle), 20, 400),
      ('list_webhooks(1, p_is_active => true)', 20, 400), ('list_webhooks(1, p_event => ''order.paid'')', 20, 700),
      (format('list_webhooks(%s)', v_small), 1, 100), ('list_webhooks(1, p_q => ''hook 1'')', 20, 400),
      ('list_webhooks(1, p_q => ''nowhere'')', 0, 3200),
      ('list_api_keys(1)', 20, 200), ('list_api_keys(1, true, 2500)', 20, 200), (format('list_api_keys(%s)', v_small), 20, 200),
      (format('list_replays(1, %s)', v_hook), 20, 200), ('list_tenants()', 20, 200), ('list_tenants(2500)', 20, 200),
      ('get_tenant(''tenant-4000'')', 1, 20), (format('get_webhook(1, %s)', v_middle), 1, 100),
      (format('get_webhooks(1, array[%s, %s])', v_hook, v_middle), 2, 100)
    ) as c(call, n, most)
  loop
    v_before := pg_temp.rows_read();
    execute 'select count(*) from tocsin.' || v_case.call into v_rows;
    v_after := pg_temp.rows_read();
    assert v_rows = v_case.n, format('%s gave %s rows', v_case.call, v_rows);
    assert v_after.scanned = v_before.scanned, format('%s scanned a table: %s rows', v_case.call, v_after.scanned - v_before.scanned);
    assert v_after.found - v_before.found <= v_case.most, format('%s read %s rows', v_case.call, v_after.found - v_before.found);
  end loop;
end
$$;
