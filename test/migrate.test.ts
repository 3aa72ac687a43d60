// Upgrades: what is applied and rebuilt, what is refused, and how several programs and running traffic get along.
import { beforeEach, describe, expect, test } from 'bun:test';
import { migrate } from '../src/store/migrate.ts';
import { openSql } from '../src/store/sql.ts';
import { readSqlSources } from '../src/store/sql_sources.ts';
import { testDatabase } from './support/postgres.ts';
import { makeSources } from './support/sources.ts';
import { failureOf, listPublic, migrateNotes, notesSources, startOver } from './support/upgrade.ts';
import { until } from './support/wait.ts';

const { sql, url } = await testDatabase({ isEmpty: true });

beforeEach(() => startOver(sql));

describe('tables', () => {
  test('are applied once, in order, and only the new ones later', async () => {
    expect(await migrateNotes(sql)).toEqual({ appliedTables: ['0001_notes'], isRebuilt: true });
    const more = { 'tables/0002_more.sql': 'alter table tocsin_data.notes add more text;' };
    expect(await migrateNotes(sql, more)).toEqual({ appliedTables: ['0002_more'], isRebuilt: true });
    expect(await migrateNotes(sql, more)).toEqual({ appliedTables: [], isRebuilt: false });
  });

  test('an edited applied file is refused and nothing changes', async () => {
    await migrateNotes(sql);
    const error = await failureOf(
      migrateNotes(sql, {
        'tables/0001_notes.sql': 'create table tocsin_data.notes (note_id bigint);',
        'views/v_more.sql': 'create or replace view tocsin.v_more as select 1 as one;',
      }),
    );
    expect(error.message).toStartWith('sql/tables/0001_notes.sql was edited after this database had it.');
    expect(await listPublic(sql)).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes']);
  });

  test('a missing applied file is refused', async () => {
    await migrateNotes(sql, { 'tables/0002_more.sql': 'alter table tocsin_data.notes add more text;' });
    const error = await failureOf(migrateNotes(sql));
    expect(error.message).toContain('sql/tables/0002_more.sql, which this Tocsin does not have');
  });

  test('a newer version can be gone back from, with its tables as they are, and forward again', async () => {
    const newer = {
      'tables/0002_more.sql': 'alter table tocsin_data.notes add more text; create table tocsin_data.newer (id int);',
      'functions/count_newer.sql': `create or replace function tocsin.count_newer() returns int
        language sql stable as $$ select count(*)::int from tocsin_data.newer $$;`,
    };
    await migrateNotes(sql, newer);
    const refused = await failureOf(migrateNotes(sql));
    expect(refused.message).toContain('to go back to this version, set ALLOW_NEWER_SCHEMA=true');
    expect(await migrateNotes(sql, {}, { allowNewer: true })).toEqual({ appliedTables: [], isRebuilt: true });
    expect(await listPublic(sql)).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes']);
    await sql`insert into tocsin_data.notes (note_id, body, more) values (1, 'kept', 'too')`;
    expect(await migrateNotes(sql, newer)).toEqual({ appliedTables: [], isRebuilt: true });
    expect(await sql`select body, more, tocsin.count_newer() as n from tocsin_data.notes`).toEqual([
      { body: 'kept!', more: 'too', n: 0 },
    ] as never);
  });

  test('going back does not make up for a file that is missing in the middle', async () => {
    await migrateNotes(sql, { 'tables/0002_more.sql': 'select 1;', 'tables/0003_last.sql': 'select 1;' });
    const error = await failureOf(migrateNotes(sql, { 'tables/0003_last.sql': 'select 1;' }, { allowNewer: true }));
    expect(error.message).toContain('sql/tables/0002_more.sql, which this Tocsin does not have');
  });

  test('a new file with a number below an applied one is refused, and so is a number used twice', async () => {
    await migrateNotes(sql, { 'tables/0003_more.sql': 'select 1;' });
    const late = await failureOf(
      migrateNotes(sql, { 'tables/0003_more.sql': 'select 1;', 'tables/0002_late.sql': 'select 1;' }),
    );
    expect(late.message).toContain('sql/tables/0002_late.sql comes before 0003_more.sql');
    const twice = await failureOf(
      migrateNotes(sql, { 'tables/0003_more.sql': 'select 1;', 'tables/0003_same.sql': 'select 1;' }),
    );
    expect(twice.message).toContain('have the same number');
  });

  test('a failing file is named with its line, and nothing of the upgrade stays', async () => {
    const error = await failureOf(migrateNotes(sql, { 'tables/0002_bad.sql': 'select 1;\nselect\n  nothing_here;' }));
    expect(error.message).toStartWith('sql/tables/0002_bad.sql:3: column "nothing_here" does not exist');
    expect(await sql`select from pg_namespace where nspname like 'tocsin%'`).toHaveLength(0);
  });
});

describe('rebuilt objects', () => {
  test('are left alone when no source changed', async () => {
    await migrateNotes(sql);
    const stamp = () =>
      sql`select xmin::text, oid::int8 from pg_proc where proname in ('count_notes', 'stamp') order by oid`;
    const before = [...(await stamp())];
    await migrateNotes(sql);
    expect([...(await stamp())]).toEqual(before);
  });

  test('may need one another in any order', async () => {
    await migrateNotes(sql, {
      'functions/a_first.sql': `create or replace function tocsin.a_first() returns setof tocsin.v_z
        language sql stable as $$ select * from tocsin.v_z $$;`,
      'views/v_a.sql': 'create or replace view tocsin.v_a as select note_id from tocsin.v_z;',
      'views/v_z.sql':
        'create or replace view tocsin.v_z as select note_id, tocsin.count_notes(0) from tocsin_data.notes;',
    });
    expect(await listPublic(sql)).toContain('tocsin.v_a');
    expect(await sql`select * from tocsin.a_first()`).toHaveLength(0);
  });

  test('that never find what they need are all named', async () => {
    const error = await failureOf(
      migrateNotes(sql, {
        'views/v_a.sql': 'create or replace view tocsin.v_a as select * from tocsin.v_gone;',
        'views/v_b.sql': 'create or replace view tocsin.v_b as select * from tocsin.v_a;',
      }),
    );
    expect(error.message).toContain('sql/views/v_a.sql:1: relation "tocsin.v_gone" does not exist');
    expect(error.message).toContain('sql/views/v_b.sql:1: relation "tocsin.v_a" does not exist');
  });

  test('disappear when their file does, and what a user put into the schema stays', async () => {
    await migrateNotes(sql);
    await sql`create function tocsin.users_own() returns int language sql as 'select 1'`;
    await migrateNotes(sql, { 'views/v_notes.sql': undefined, 'functions/count_notes.sql': undefined });
    expect(await listPublic(sql)).toEqual(['tocsin.users_own()']);
  });

  test('a view that changes its columns takes our own dependents along and brings them back', async () => {
    const top = { 'views/v_top.sql': 'create or replace view tocsin.v_top as select note_id from tocsin.v_notes;' };
    await migrateNotes(sql, top);
    await migrateNotes(sql, {
      ...top,
      'views/v_notes.sql': 'create or replace view tocsin.v_notes as select body, note_id from tocsin_data.notes;',
    });
    expect(await listPublic(sql)).toEqual(['tocsin.count_notes(integer)', 'tocsin.v_notes', 'tocsin.v_top']);
    expect(await sql`select body, note_id from tocsin.v_notes`).toHaveLength(0);
  });
});

describe('an upgrade', () => {
  test('run by several programs at once is done by one of them', async () => {
    const sources = makeSources(notesSources);
    const pools = [1, 2, 3].map(() => openSql(url, { max: 1 }));
    const outcomes = await Promise.all(pools.map((pool) => migrate(pool, sources)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(outcomes.filter((outcome) => outcome.isRebuilt)).toHaveLength(1);
  });

  test('re-creates the triggers on our own tables', async () => {
    await migrateNotes(sql);
    await migrateNotes(sql, { 'internal/more.sql': 'create type tocsin_internal.more as (a int);' });
    const inserted = await sql`insert into tocsin_data.notes values (1, 'a') returning body`;
    expect(inserted).toMatchObject([{ body: 'a!' }]);
  });

  test('gives way to a transaction that holds a table, and comes back until it is through', async () => {
    await migrateNotes(sql);
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
    const sources = makeSources({
      ...notesSources,
      'internal/more.sql': 'create type tocsin_internal.more as (a int);',
    });
    const upgrade = migrate(sql, sources, { lockTimeoutMs: 50 });
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
