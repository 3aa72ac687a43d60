-- A watched table raises alerts in the writer's transaction.
create schema "odd schema";
create table "odd schema"."My Orders" (id integer primary key, amount numeric, "a ""b" text, payload text);

do $$
declare
  a record;
  raised integer;
begin
  assert tocsin.watch_table('"odd schema"."My Orders"') = 'My_Orders';
  insert into "odd schema"."My Orders" values (1, 10, 'x', null);
  select * into a from tocsin.list_alerts(1);
  assert a.alert_type = 'My_Orders.inserted' and a.operation_type = 'INSERT' and a.severity = 'INFO', a.alert_type;
  assert a.context = '{"table": "\"odd schema\".\"My Orders\"", "old": null, "changed": [],
    "new": {"id": 1, "amount": 10, "a \"b": "x", "payload": null}}', a.context::text;

  update "odd schema"."My Orders" set amount = 11, "a ""b" = 'y';
  select * into a from tocsin.list_alerts(1);
  assert a.alert_type = 'My_Orders.updated' and a.operation_type = 'UPDATE';
  assert a.context #> '{old,amount}' = '10' and a.context #> '{new,amount}' = '11';
  assert a.context -> 'changed' @> '["amount", "a \"b"]' and jsonb_array_length(a.context -> 'changed') = 2;
  assert a.message like '%My Orders% was updated: %amount%', a.message;

  update "odd schema"."My Orders" set amount = 11.0;
  assert tocsin.count_alerts(1) = 2, 'an update that changes nothing raised an alert';
  delete from "odd schema"."My Orders";
  select * into a from tocsin.list_alerts(1);
  assert a.alert_type = 'My_Orders.deleted' and a.context -> 'new' = 'null' and a.context #> '{old,id}' = '1';

  -- Called again it replaces what was set: other operations, other columns, another name.
  assert tocsin.watch_table('"odd schema"."My Orders"', 'order', 'WARNING', '{UPDATE}', '{amount,id}') = 'order';
  insert into "odd schema"."My Orders" values (2, 20, 'x', null);
  update "odd schema"."My Orders" set payload = 'changed';
  assert tocsin.count_alerts(1) = 3, 'only updates of the columns should count';
  update "odd schema"."My Orders" set payload = 'again', amount = 21;
  select * into a from tocsin.list_alerts(1);
  assert a.alert_type = 'order.updated' and a.severity = 'WARNING' and a.context -> 'changed' = '["amount"]';
  assert a.context -> 'new' = '{"id": 2, "amount": 21}', a.context::text;
  assert (select count(*) from tocsin_data.watched_tables) = 1;
  assert (select columns = '{amount,id}' and alert_type = 'order' from tocsin_data.watched_tables);

  -- A row too large for an alert is written all the same.
  perform tocsin.watch_table('"odd schema"."My Orders"', 'order');
  insert into "odd schema"."My Orders"
    select 3, 30, 'small', string_agg(md5(i::text), '') from generate_series(1, 20000) i;
  select * into a from tocsin.list_alerts(1);
  assert a.context -> 'omitted' = '["payload"]' and a.context -> 'new' = '{"id": 3, "amount": 30, "a \"b": "small"}';

  assert tocsin.unwatch_table('"odd schema"."My Orders"');
  raised := tocsin.count_alerts(1);
  delete from "odd schema"."My Orders";
  assert tocsin.count_alerts(1) = raised;
  assert not exists (select from tocsin_data.watched_tables);
  assert not tocsin.unwatch_table('"odd schema"."My Orders"');
end
$$;

-- Partitions: one alert a row, under the name of the whole table, also in partitions that come later.
create table events (id integer, at date) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
do $$
declare
  a record;
begin
  perform tocsin.watch_table('events', 'event');
  create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
  insert into events values (1, '2026-01-05'), (2, '2026-02-05');
  assert tocsin.count_alerts(1, p_alert_type => 'event.inserted') = 2;
  select * into a from tocsin.list_alerts(1);
  assert a.context ->> 'table' = 'public.events', a.context ->> 'table';
  begin
    perform tocsin.watch_table('events_1');
    assert false;
  exception when sqlstate 'EXIST' then null;
  end;
  perform tocsin.unwatch_table('events');
  perform tocsin.watch_table('events_1', 'part');
  insert into events values (3, '2026-01-06'), (4, '2026-02-06');
  assert tocsin.count_alerts(1, p_alert_type => 'part.inserted') = 1;
  perform tocsin.watch_table('events', 'event');
  insert into events values (5, '2026-01-07');
  assert tocsin.count_alerts(1, p_alert_type => 'part.inserted') = 1 and tocsin.count_alerts(1, p_alert_type => 'event.inserted') = 3;
  assert (select array_agg(table_name) = '{public.events}' from tocsin_data.watched_tables);
end
$$;

-- What is refused.
create table plain (id integer);
create view seen as select 1 as id;
create temporary table fleeting (id integer);
do $$
declare
  v_case record;
  v_pointer text;
begin
  for v_case in
    select * from (values
      ($q$select tocsin.watch_table('plain', 'no spaces')$q$, 'INVLD', '/alert_type'),
      ($q$select tocsin.watch_table('plain', p_severity => 'LOUD')$q$, 'INVLD', '/severity'),
      ($q$select tocsin.watch_table('plain', p_operations => '{TRUNCATE}')$q$, 'INVLD', '/operations'),
      ($q$select tocsin.watch_table('plain', p_operations => '{}')$q$, 'INVLD', '/operations'),
      ($q$select tocsin.watch_table('plain', p_columns => '{id,nope}')$q$, 'INVLD', '/columns'),
      ($q$select tocsin.watch_table('plain', p_columns => '{}')$q$, 'INVLD', '/columns'),
      ($q$select tocsin.watch_table('plain', p_tenant_id => 4711)$q$, 'NTFND', ''),
      ($q$select tocsin.watch_table(null)$q$, 'NTFND', ''), ($q$select tocsin.watch_table('seen')$q$, 'INVLD', '/table'),
      ($q$select tocsin.watch_table('fleeting')$q$, 'INVLD', '/table'),
      ($q$select tocsin.watch_table('tocsin_data.alerts')$q$, 'INVLD', '/table')
    ) as c(call, code, pointer)
  loop
    begin
      execute v_case.call;
      assert false, v_case.call;
    exception when sqlstate 'INVLD' or sqlstate 'NTFND' then
      get stacked diagnostics v_pointer = column_name;
      assert sqlstate = v_case.code and v_pointer = v_case.pointer, v_case.call || ' ' || sqlstate || v_pointer;
    end;
  end loop;
end
$$;

-- A stranger who may call the function cannot reach other people's tables; whoever may create triggers can.
create role test_stranger;
create table stranger_table (id integer);
alter table stranger_table owner to test_stranger;
grant usage on schema tocsin to test_stranger;
grant execute on function tocsin.watch_table, tocsin.unwatch_table to test_stranger;
set local role test_stranger;
do $$
begin
  perform tocsin.watch_table('stranger_table');
  begin
    perform tocsin.watch_table('plain');
    assert false, 'a stranger watches the table of another';
  exception when sqlstate 'NPERM' then null;
  end;
end
$$;
reset role;
grant trigger on plain to test_stranger;
select tocsin.watch_table('plain');
set local role test_stranger;
do $$ begin assert tocsin.unwatch_table('plain'); end $$;
reset role;

-- A tenant that is gone does not take the table's writers with it.
do $$
declare
  v_tenant_id integer;
begin
  insert into tocsin_data.tenants (name) values ('leaving') returning tenant_id into v_tenant_id;
  perform tocsin.watch_table('plain', p_tenant_id => v_tenant_id);
  insert into plain values (1);
  assert tocsin.count_alerts(v_tenant_id) = 1;
  update tocsin_data.tenants t set deleted_at = now() where t.tenant_id = v_tenant_id;
  insert into plain values (2);
  assert tocsin.count_alerts(v_tenant_id) = 1;
  delete from tocsin_data.tenants t where t.tenant_id = v_tenant_id;
  insert into plain values (3);
end
$$;
