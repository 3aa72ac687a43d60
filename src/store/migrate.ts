// Brings a database to this version's schema: applies new table files and rebuilds everything else, in one transaction.
import { MigrateError, type SqlFailure } from './migrate_error.ts';
import { rebuildSchema } from './rebuild.ts';
import { readSqlSources, type SqlSources } from './sql_sources.ts';
import { applyFile } from './schema_files.ts';
import type { Sql, Tx } from './sql.ts';

export interface MigrateOutcome {
  /** The table files that were applied now, by their names. */
  appliedTables: string[];
  /** False when the rebuilt sources were the same as last time. */
  isRebuilt: boolean;
}

export interface MigrateOptions {
  /** How long an attempt waits for a lock on a table; 5 seconds by default. */
  lockTimeoutMs?: number;
  /** Takes the tables of a newer version as they are, which only add to ours, and goes back to our functions and views. */
  allowNewer?: boolean;
}

// 'tocsin' in ASCII: programs that migrate at once take turns, and the later ones find nothing to do.
const lockKey = 0x746f6373696e;
const attemptsMax = 10;

/**
 * Migrates the database that `sql` points to. Safe to call from any number of programs at once, and while traffic runs:
 * it waits at most `lockTimeoutMs` for a lock on a table before it lets the traffic pass and tries again, ten times in all.
 * @throws MigrateError when an applied table file was edited or is missing, or when objects of others would have to go;
 * then nothing was changed
 */
export async function migrate(
  sql: Sql,
  sources: SqlSources = readSqlSources(),
  { lockTimeoutMs = 5_000, allowNewer = false }: MigrateOptions = {},
): Promise<MigrateOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sql.begin((tx) => migrateInTransaction(tx, sources, lockTimeoutMs, allowNewer));
    } catch (error) {
      // Deadlock detected, lock not available: running traffic was in the way.
      const code = (error as SqlFailure).code ?? ((error as Error).cause as SqlFailure | undefined)?.code;
      if ((code !== '40P01' && code !== '55P03') || attempt === attemptsMax) throw error;
    }
  }
}

async function migrateInTransaction(
  tx: Tx,
  sources: SqlSources,
  lockTimeoutMs: number,
  allowNewer: boolean,
): Promise<MigrateOutcome> {
  await checkServer(tx);
  await tx`select pg_catalog.pg_advisory_xact_lock(${lockKey})`;
  // Sources name every object with its schema, so a caller's or a user's search_path changes nothing.
  await tx`select pg_catalog.set_config(name, value, true) from (values
    ('search_path', ''), ('client_min_messages', 'warning'), ('check_function_bodies', 'off'), ('lock_timeout', ${`${lockTimeoutMs}ms`}),
    ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '0')) as wanted (name, value)`;
  await createBookkeeping(tx);
  const appliedTables = await applyTables(tx, sources, allowNewer);
  const [state] = await tx<{ rebuilt_sha256: string; objects: string[] }[]>`
    select rebuilt_sha256, objects from tocsin_data.schema_state`;
  if (appliedTables.length === 0 && state?.rebuilt_sha256 === sources.rebuiltSha256) {
    return { appliedTables, isRebuilt: false };
  }
  const objects = await rebuildSchema(tx, sources, state?.objects ?? []);
  await tx`
    insert into tocsin_data.schema_state (rebuilt_sha256, objects) values (${sources.rebuiltSha256}, ${objects})
    on conflict (is_only) do update
    set rebuilt_sha256 = excluded.rebuilt_sha256, objects = excluded.objects, rebuilt_at = pg_catalog.now()`;
  return { appliedTables, isRebuilt: true };
}

async function checkServer(tx: Tx): Promise<void> {
  const [server] = await tx<{ number: number; version: string; encoding: string }[]>`
    select pg_catalog.current_setting('server_version_num')::int as number,
           pg_catalog.current_setting('server_version') as version,
           pg_catalog.current_setting('server_encoding') as encoding`;
  if (!server || server.number < 150_000) {
    throw new MigrateError(`Tocsin needs PostgreSQL 15 or later; this server is ${server?.version}.`);
  }
  if (server.encoding !== 'UTF8') {
    throw new MigrateError(`Tocsin needs a database with encoding UTF8; this one has ${server.encoding}.`);
  }
}

async function createBookkeeping(tx: Tx): Promise<void> {
  const [found] = await tx`select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'tocsin_data' and c.relname = 'schema_state'`;
  if (found) return;
  await tx`create schema if not exists tocsin_data`;
  await tx`create table tocsin_data.schema_migrations (
    name text primary key, sha256 text not null, applied_at timestamptz not null default pg_catalog.now())`;
  await tx`comment on table tocsin_data.schema_migrations is 'The table files of Tocsin that this database has had.'`;
  await tx`create table tocsin_data.schema_state (
    is_only boolean primary key default true check (is_only), rebuilt_sha256 text not null,
    objects text[] not null, rebuilt_at timestamptz not null default pg_catalog.now())`;
  await tx`comment on table tocsin_data.schema_state is
    'One row: the hash of the sources that the rebuilt schemas came from, and the objects of schema tocsin that are ours.'`;
}

/** Applies the table files that this database has not had, after checking those that it has. */
async function applyTables(tx: Tx, sources: SqlSources, allowNewer: boolean): Promise<string[]> {
  const rows = await tx<{ name: string; sha256: string }[]>`select name, sha256 from tocsin_data.schema_migrations`;
  const applied = new Map(rows.map((row) => [row.name, row.sha256]));
  const known = new Map(sources.tables.map((file) => [file.name, file]));
  const newest = sources.tables.at(-1)?.name ?? '';
  for (const [name, sha256] of applied) {
    const file = known.get(name);
    if (!file && allowNewer && name > newest) continue;
    if (!file) {
      throw new MigrateError(
        `This database has had sql/tables/${name}.sql, which this Tocsin does not have: ` +
          'it was upgraded by a newer Tocsin, or the file was removed. Start that version, or put the file back; ' +
          'to go back to this version, set ALLOW_NEWER_SCHEMA=true.',
      );
    }
    if (file.sha256 !== sha256) {
      throw new MigrateError(
        `sql/${file.path} was edited after this database had it. Put it back as it was, and make the change in a new file.`,
      );
    }
  }
  checkNumbers(sources, applied);
  const fresh = sources.tables.filter((file) => !applied.has(file.name));
  for (const file of fresh) {
    await applyFile(tx, file);
    await tx`insert into tocsin_data.schema_migrations (name, sha256) values (${file.name}, ${file.sha256})`;
  }
  return fresh.map((file) => file.name);
}

/** Numbers are unique and only grow: a file that came in below an applied one would run in another order elsewhere. */
function checkNumbers(sources: SqlSources, applied: ReadonlyMap<string, string>): void {
  const last = [...applied.keys()].sort().at(-1) ?? '';
  const seen = new Map<string, string>();
  for (const { name, path } of sources.tables) {
    const number = /^(\d{4})_[a-z0-9_]+$/.exec(name)?.[1];
    if (!number) throw new MigrateError(`sql/${path} is not named like 0001_what_it_makes.sql.`);
    const other = seen.get(number);
    if (other) throw new MigrateError(`sql/tables/${other}.sql and sql/${path} have the same number.`);
    seen.set(number, name);
    if (!applied.has(name) && name < last) {
      throw new MigrateError(
        `sql/${path} comes before ${last}.sql, which this database has had: give it a higher number.`,
      );
    }
  }
}
