// Upgrades: what is applied, what is refused, and what of the users' own objects survives.
import { beforeEach, describe, expect, test } from 'bun:test';
import { migrate } from '../src/store/migrate.ts';
import { openSql } from '../src/store/sql.ts';
import { readSqlSources } from '../src/store/sql_sources.ts';
import { testDatabase } from './support/postgres.ts';
import { makeSources } from './support/sources.ts';
import { until } from './support/wait.ts';

const { sql, url } = await testDatabase({ isEmpty: true });

const base = {
  'tables/0001_notes.sql': 'create table tocsin_data.notes (note_id int primary key, body text);',
  'internal/stamp.sql': `create function tocsin_internal.stamp() returns trigger language plpgsql as
    $$ begin new.body := new.body || '!'; return new; end $$;`,
  'functions/count_notes.sql': `create or replace function tocsin.count_notes(p_min int) returns int
    language sql stable as $$ select count(*)::int from tocsin_data.notes where note_id >= p_min $$;`,
  'views/v_notes.sql': 'create or replace view tocsin.v_notes as select note_id from tocsin_data.notes;',
  'triggers.sql': `create trigger stamp before insert on tocsin_data.notes
    for each row execute function tocsin_internal.stamp();`,
};

const migrateTo = (changes: Record<string, string | undefined> = {}) => {
  const files = Object.entries({ ...base, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return migrate(sql, makeSources(Object.fromEntries(files)));
};

const objects = async () =>
  (
    await sql<{ identity: string }[]>`
      select p.oid::regprocedure::text as identity from pg_proc p where p.pronamespace = 'tocsin'::regnamespace
      union all select c.oid::regclass::text from pg_class c where c.relnamespace = 'tocsin'::regnamespace and c.relkind = 'v'
      order by 1`
  ).map((row) => row.identity);

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It succeeded.')),
    (error: Error) => error,
  );

beforeEach(async () => {
  await sql`drop schema if exists tocsin, tocsin_internal, tocsin_data, mine cascade`;
  await sql`create schema mine`;
});

describe('tables', () => {
  test('are applied once, in order, and only the new ones later', async () => {
    expect(await migrateTo()).toEqual({ appliedTables: ['0001_notes'], isRebuilt: true });
    const more = { 'tables/0002_more.sql': 'alter table tocsin_data.notes add more text;' };
    expect(await migrateTo(more)).toEqual({ appliedTables: ['0002_more'], isRebuilt: true });
    expect(await migrateTo(more)).toEqual({ appliedTables: [], isRebuilt: false });
  });

  test('an edited applied file is refused and nothing changes', async () => {
    await migrateTo();
    const error = await failureOf(
      migrateTo({
        'tables/0001_notes.sql': 'create table tocsin_data.notes (note_id bigint);',
        'views/v_more.sql': 'create or replace view tocsin.v_more as select 1 as one;',
      }),
    );
    expect(error.message).toStartWith('sql/tables/0001_notes.sql was edited after this database had it.');
    expect(await objects()).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes']);
  });

  test('a missing applied file is refused', async () => {
    await migrateTo({ 'tables/0002_more.sql': 'alter table tocsin_data.notes add more text;' });
    const error = await failureOf(migrateTo());
    expect(error.message).toContain('sql/tables/0002_more.sql, which this Tocsin does not have');
  });

  test('a new file with a number below an applied one is refused, and so is a number used twice', async () => {
    await migrateTo({ 'tables/0003_more.sql': 'select 1;' });
    const late = await failureOf(
      migrateTo({ 'tables/0003_more.sql': 'select 1;', 'tables/0002_late.sql': 'select 1;' }),
    );
    expect(late.message).toContain('sql/tables/0002_late.sql comes before 0003_more.sql');
    const twice = await failureOf(
      migrateTo({ 'tables/0003_more.sql': 'select 1;', 'tables/0003_same.sql': 'select 1;' }),
    );
    expect(twice.message).toContain('have the same number');
  });

  test('a failing file is named with its line, and nothing of the upgrade stays', async () => {
    const error = await failureOf(migrateTo({ 'tables/0002_bad.sql': 'select 1;\nselect\n  nothing_here;' }));
    expect(error.message).toStartWith('sql/tables/0002_bad.sql:3: column "nothing_here" does not exist');
    expect(await sql`select from pg_namespace where nspname like 'tocsin%'`).toHaveLength(0);
  });
});

describe('rebuilt objects', () => {
  test('are left alone when no source changed', async () => {
    await migrateTo();
    const stamp = () =>
      sql`select xmin::text, oid::int8 from pg_proc where proname in ('count_notes', 'stamp') order by oid`;
    const before = [...(await stamp())];
    await migrateTo();
    expect([...(await stamp())]).toEqual(before);
  });

  test('may need one another in any order', async () => {
    await migrateTo({
      'functions/a_first.sql': `create or replace function tocsin.a_first() returns setof tocsin.v_z
        language sql stable as $$ select * from tocsin.v_z $$;`,
      'views/v_a.sql': 'create or replace view tocsin.v_a as select note_id from tocsin.v_z;',
      'views/v_z.sql':
        'create or replace view tocsin.v_z as select note_id, tocsin.count_notes(0) from tocsin_data.notes;',
    });
    expect(await objects()).toContain('tocsin.v_a');
    expect(await sql`select * from tocsin.a_first()`).toHaveLength(0);
  });

  test('that never find what they need are all named', async () => {
    const error = await failureOf(
      migrateTo({
        'views/v_a.sql': 'create or replace view tocsin.v_a as select * from tocsin.v_gone;',
        'views/v_b.sql': 'create or replace view tocsin.v_b as select * from tocsin.v_a;',
      }),
    );
    expect(error.message).toContain('sql/views/v_a.sql:1: relation "tocsin.v_gone" does not exist');
    expect(error.message).toContain('sql/views/v_b.sql:1: relation "tocsin.v_a" does not exist');
  });

  test('disappear when their file does, and what a user put into the schema stays', async () => {
    await migrateTo();
    await sql`create function tocsin.users_own() returns int language sql as 'select 1'`;
    await migrateTo({ 'views/v_notes.sql': undefined, 'functions/count_notes.sql': undefined });
    expect(await objects()).toEqual(['tocsin.users_own()']);
  });

  test('a view that changes its columns takes our own dependents along and brings them back', async () => {
    const top = { 'views/v_top.sql': 'create or replace view tocsin.v_top as select note_id from tocsin.v_notes;' };
    await migrateTo(top);
    await migrateTo({
      ...top,
      'views/v_notes.sql': 'create or replace view tocsin.v_notes as select body, note_id from tocsin_data.notes;',
    });
    expect(await objects()).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes', 'tocsin.v_top']);
    expect(await sql`select body, note_id from tocsin.v_notes`).toHaveLength(0);
  });
});

describe('grants', () => {
  const role = `reader_${process.pid}`;
  const canExecute = async (signature: string) =>
    (await sql<{ can: boolean }[]>`select has_function_privilege(${role}, ${signature}, 'execute') as can`)[0]?.can;

  test('of a function and of a view outlive a change of their signature', async () => {
    await migrateTo({ 'grants.sql': 'revoke execute on all functions in schema tocsin from public;' });
    await sql`create role ${sql(role)}`;
    try {
      await sql`grant usage on schema tocsin to ${sql(role)}`;
      await sql`grant execute on function tocsin.count_notes to ${sql(role)}`;
      await sql`grant select on tocsin.v_notes to ${sql(role)}`;
      await migrateTo({
        'functions/count_notes.sql': `create or replace function tocsin.count_notes(p_min int, p_max int default 9) returns int
          language sql stable as $$ select 1 $$;`,
        'views/v_notes.sql': 'create or replace view tocsin.v_notes as select body from tocsin_data.notes;',
        'grants.sql': 'revoke execute on all functions in schema tocsin from public;',
      });
      expect(await canExecute('tocsin.count_notes(int, int)')).toBe(true);
      expect(await sql`select has_table_privilege(${role}, 'tocsin.v_notes', 'select') as can`).toMatchObject([
        { can: true },
      ]);
      await migrateTo({
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
    await migrateTo();
    await sql`create view mine.report as select tocsin.count_notes(1) as n`;
    const error = await failureOf(
      migrateTo({
        'functions/count_notes.sql': undefined,
        'views/v_more.sql': 'create or replace view tocsin.v_more as select 1 as one;',
      }),
    );
    expect(error.message).toContain('view mine.report depends on function tocsin.count_notes(integer)');
    expect(await objects()).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes']);
    expect(await sql`select n from mine.report`).toMatchObject([{ n: 0 }]);
  });

  test('a view on a view of ours that changes its columns stops the upgrade too', async () => {
    await migrateTo();
    await sql`create view mine.notes as select note_id from tocsin.v_notes`;
    const error = await failureOf(
      migrateTo({
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
    await migrateTo(watch('old'));
    await sql`create table mine.orders (body text)`;
    await sql`create trigger watch before insert on mine.orders for each row execute function tocsin.watch()`;
    await migrateTo(watch('new'));
    expect(await sql`insert into mine.orders values ('x') returning body`).toMatchObject([{ body: 'new' }]);
  });

  test('that use tocsin_internal stop the upgrade with the list', async () => {
    await migrateTo();
    await sql`create table mine.orders (body text)`;
    await sql`create trigger stamp before insert on mine.orders for each row execute function tocsin_internal.stamp()`;
    const error = await failureOf(migrateTo({ 'internal/more.sql': 'create type tocsin_internal.more as (a int);' }));
    expect(error.message).toContain('trigger stamp on table mine.orders');
    expect(await sql`insert into mine.orders values ('x') returning body`).toMatchObject([{ body: 'x!' }]);
  });
});

describe('an upgrade', () => {
  test('run by several programs at once is done by one of them', async () => {
    const sources = makeSources(base);
    const pools = [1, 2, 3].map(() => openSql(url, { max: 1 }));
    const outcomes = await Promise.all(pools.map((pool) => migrate(pool, sources)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(outcomes.filter((outcome) => outcome.isRebuilt)).toHaveLength(1);
  });

  test('re-creates the triggers on our own tables', async () => {
    await migrateTo();
    await migrateTo({ 'internal/more.sql': 'create type tocsin_internal.more as (a int);' });
    const inserted = await sql`insert into tocsin_data.notes values (1, 'a') returning body`;
    expect(inserted).toMatchObject([{ body: 'a!' }]);
  });

  test('gives way to a transaction that holds a table, and comes back until it is through', async () => {
    await migrateTo();
    const holder = openSql(url, { max: 1 });
    const release = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const holding = holder.begin(async (tx) => {
      await tx`lock table tocsin_data.notes in row exclusive mode`;
      isHeld.resolve();
      await release.promise;
    });
    await isHeld.promise;
    const attempts = new Set<string>();
    const sources = makeSources({ ...base, 'internal/more.sql': 'create type tocsin_internal.more as (a int);' });
    const upgrade = migrate(sql, sources, 50);
    await until(async () => {
      const waiting = await sql<{ transaction: string }[]>`
        select virtualtransaction as transaction from pg_locks where not granted and relation = 'tocsin_data.notes'::regclass`;
      for (const { transaction } of waiting) attempts.add(transaction);
      return attempts.size >= 2;
    });
    release.resolve();
    await holding;
    expect(await upgrade).toMatchObject({ isRebuilt: true });
    await holder.end();
  });
});

describe('our own schema', () => {
  test('has function bodies that PostgreSQL accepts, which a rebuild does not check', async () => {
    await sql`drop schema mine`;
    const sources = readSqlSources();
    await migrate(sql, sources);
    const wrong: string[] = [];
    await sql.begin(async (tx) => {
      await tx`set local check_function_bodies to on`;
      for (const file of [...sources.internal, ...sources.functions]) {
        const text = file.text.replaceAll(/\bcreate (?=function|procedure)/g, 'create or replace ');
        if (!text.includes('create or replace ')) continue;
        await tx
          .savepoint((savepoint) => savepoint.unsafe(text).simple())
          .catch((error: Error) => wrong.push(`${file.path}: ${error.message}`));
      }
    });
    expect(wrong).toEqual([]);
  });
});
