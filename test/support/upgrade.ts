// A small schema to upgrade from and to, for migration tests.
import { type MigrateOptions, type MigrateOutcome, migrate } from '../../src/store/migrate.ts';
import type { Sql } from '../../src/store/sql.ts';
import { makeSources } from './sources.ts';

/** One table, and one object of every rebuilt kind. */
export const notesSources = {
  'tables/0001_notes.sql': 'create table tocsin_data.notes (note_id int primary key, body text);',
  'internal/stamp.sql': `create function tocsin_internal.stamp() returns trigger language plpgsql as
    $$ begin new.body := new.body || '!'; return new; end $$;`,
  'functions/count_notes.sql': `create or replace function tocsin.count_notes(p_min int) returns int
    language sql stable as $$ select count(*)::int from tocsin_data.notes where note_id >= p_min $$;`,
  'views/v_notes.sql': 'create or replace view tocsin.v_notes as select note_id from tocsin_data.notes;',
  'triggers.sql': `create trigger stamp before insert on tocsin_data.notes
    for each row execute function tocsin_internal.stamp();`,
};

/** Migrates to the small schema with files changed, added or, when undefined, left out. */
export function migrateNotes(
  sql: Sql,
  changes: Record<string, string | undefined> = {},
  options: MigrateOptions = {},
): Promise<MigrateOutcome> {
  const files = Object.entries({ ...notesSources, ...changes }).filter(([, text]) => text !== undefined);
  return migrate(sql, makeSources(Object.fromEntries(files) as Record<string, string>), options);
}

/** Empties the database, but for a schema `mine` of somebody else. */
export async function startOver(sql: Sql): Promise<void> {
  await sql`drop schema if exists tocsin, tocsin_internal, tocsin_data, mine cascade`;
  await sql`create schema mine`;
}

/** The functions and views of schema tocsin. */
export async function listPublic(sql: Sql): Promise<string[]> {
  const rows = await sql<{ identity: string }[]>`
    select p.oid::regprocedure::text as identity from pg_proc p where p.pronamespace = 'tocsin'::regnamespace
    union all select c.oid::regclass::text from pg_class c where c.relnamespace = 'tocsin'::regnamespace and c.relkind = 'v'
    order by 1`;
  return rows.map((row) => row.identity);
}

/** The error that a promise ends with; ending well is the failure. */
export function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error('It succeeded.')),
    (error: Error) => error,
  );
}
