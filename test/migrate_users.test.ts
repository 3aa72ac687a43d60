// Upgrades: what users hung on our schema, rights and objects of their own, survives or stops them.
import { beforeEach, describe, expect, test } from 'bun:test';
import { testDatabase } from './support/postgres.ts';
import { failureOf, listPublic, migrateNotes, startOver } from './support/upgrade.ts';

const { sql } = await testDatabase({ isEmpty: true });

beforeEach(() => startOver(sql));

describe('grants', () => {
  const role = `reader_${process.pid}`;
  const canExecute = async (signature: string) =>
    (await sql<{ can: boolean }[]>`select has_function_privilege(${role}, ${signature}, 'execute') as can`)[0]?.can;

  test('of a function and of a view outlive a change of their signature', async () => {
    await migrateNotes(sql, { 'grants.sql': 'revoke execute on all functions in schema tocsin from public;' });
    await sql`create role ${sql(role)}`;
    try {
      await sql`grant usage on schema tocsin to ${sql(role)}`;
      await sql`grant execute on function tocsin.count_notes to ${sql(role)}`;
      await sql`grant select on tocsin.v_notes to ${sql(role)}`;
      await migrateNotes(sql, {
        'functions/count_notes.sql': `create or replace function tocsin.count_notes(p_min int, p_max int default 9) returns int
          language sql stable as $$ select 1 $$;`,
        'views/v_notes.sql': 'create or replace view tocsin.v_notes as select body from tocsin_data.notes;',
        'grants.sql': 'revoke execute on all functions in schema tocsin from public;',
      });
      expect(await canExecute('tocsin.count_notes(int, int)')).toBe(true);
      expect(await sql`select has_table_privilege(${role}, 'tocsin.v_notes', 'select') as can`).toMatchObject([
        { can: true },
      ]);
      await migrateNotes(sql, {
        'functions/count_notes.sql': `create or replace function tocsin.count_notes(p_min int) returns bigint
          language sql stable as $$ select 1::bigint $$;`,
        'grants.sql': 'revoke execute on all functions in schema tocsin from public;',
      });
      expect(await canExecute('tocsin.count_notes(int)')).toBe(true);
    } finally {
      await sql`drop owned by ${sql(role)}`;
      await sql`drop role ${sql(role)}`;
    }
  });
});

describe('objects of users', () => {
  test('a view that needs a function which goes stops the upgrade with the list, and nothing changes', async () => {
    await migrateNotes(sql);
    await sql`create view mine.report as select tocsin.count_notes(1) as n`;
    const error = await failureOf(
      migrateNotes(sql, {
        'functions/count_notes.sql': undefined,
        'views/v_more.sql': 'create or replace view tocsin.v_more as select 1 as one;',
      }),
    );
    expect(error.message).toContain('view mine.report depends on function tocsin.count_notes(integer)');
    expect(await listPublic(sql)).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes']);
    expect(await sql`select n from mine.report`).toMatchObject([{ n: 0 }]);
  });

  test('a view on a view of ours that changes its columns stops the upgrade too', async () => {
    await migrateNotes(sql);
    await sql`create view mine.notes as select note_id from tocsin.v_notes`;
    const error = await failureOf(
      migrateNotes(sql, {
        'views/v_notes.sql': 'create or replace view tocsin.v_notes as select body from tocsin_data.notes;',
      }),
    );
    expect(error.message).toContain('view mine.notes depends on view tocsin.v_notes');
    expect(await sql`select note_id from mine.notes`).toHaveLength(0);
  });

  test('a trigger on their table that calls a function of ours survives an upgrade that changes the function', async () => {
    const watch = (mark: string) => ({
      'functions/watch.sql': `create or replace function tocsin.watch() returns trigger language plpgsql as
        $$ begin new.body := '${mark}'; return new; end $$;`,
    });
    await migrateNotes(sql, watch('old'));
    await sql`create table mine.orders (body text)`;
    await sql`create trigger watch before insert on mine.orders for each row execute function tocsin.watch()`;
    await migrateNotes(sql, watch('new'));
    expect(await sql`insert into mine.orders values ('x') returning body`).toMatchObject([{ body: 'new' }]);
  });

  test('that use tocsin_internal stop the upgrade with the list', async () => {
    await migrateNotes(sql);
    await sql`create table mine.orders (body text)`;
    await sql`create trigger stamp before insert on mine.orders for each row execute function tocsin_internal.stamp()`;
    const error = await failureOf(
      migrateNotes(sql, { 'internal/more.sql': 'create type tocsin_internal.more as (a int);' }),
    );
    expect(error.message).toContain('trigger stamp on table mine.orders');
    expect(await sql`insert into mine.orders values ('x') returning body`).toMatchObject([{ body: 'x!' }]);
  });
});
