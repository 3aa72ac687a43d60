// Gives every test file databases of its own, cloned from a migrated template on one embedded server.
import { afterAll } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded.ts';
import { lockFile } from '../../src/store/file_lock.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openSql, type Sql } from '../../src/store/sql.ts';
import { readSqlSources } from '../../src/store/sql_sources.ts';

export interface TestDatabase {
  url: string;
  name: string;
  /** A pool as the database's owner, closed with the file. */
  sql: Sql;
}

const home = join(import.meta.dir, '../../.tocsin/test');
let server: Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> | undefined;
let count = 0;

/**
 * A new database with the whole schema, dropped when the calling file is done. Call it at the top level of a file:
 * `const { sql } = await testDatabase();`
 * @param options.isEmpty gives one without any schema · options.max connections of its pool
 */
export async function testDatabase(options: { isEmpty?: boolean; max?: number } = {}): Promise<TestDatabase> {
  const { url: serverUrl } = await startTestServer();
  const admin = openSql(serverUrl, { max: 1 });
  const template = options.isEmpty ? 'template0' : await makeTemplate(serverUrl, admin);
  const name = `t_${process.pid}_${++count}`;
  // Copying files beats copying through the log, on a server that never flushes.
  await admin`create database ${admin(name)} template ${admin(template)} strategy file_copy`;
  const url = withDatabase(serverUrl, name);
  const sql = openSql(url, { max: options.max ?? 10, applicationName: 'test' });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await admin`drop database if exists ${admin(name)} with (force)`;
    await admin.end({ timeout: 1 });
  });
  return { url, name, sql };
}

/**
 * Starts the server of the test runs, or joins it. It keeps its files between runs. TEST_DATABASE_URL names another server
 * to test on, such as an older PostgreSQL, by a superuser's address.
 */
export function startTestServer(): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  server ??= openServer().then(async (started) => {
    await dropLeftovers(started.url);
    return started;
  });
  return server;
}

async function openServer(): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  const url = process.env.TEST_DATABASE_URL;
  mkdirSync(home, { recursive: true });
  if (url) return { url, stop: async () => undefined };
  return await startEmbedded({
    directory: join(home, 'postgres'),
    settings: { fsync: 'off', full_page_writes: 'off', shared_buffers: '128MB', max_wal_size: '1GB' },
  });
}

/** Leaves the server, if this run used it. */
export async function stopTestServer(): Promise<void> {
  await (await server)?.stop();
}

/** The database that all others are cloned from: migrated once for each state of the sources. */
async function makeTemplate(serverUrl: string, admin: Sql): Promise<string> {
  const sources = readSqlSources();
  const hash = createHash('sha256').update(sources.rebuiltSha256);
  for (const file of sources.tables) hash.update(file.sha256);
  const name = `template_${hash.digest('hex').slice(0, 16)}`;
  const lock = await lockFile(join(home, 'template.lock'), 'exclusive', 60_000);
  if (!lock) throw new Error('Another test run has been making the template database for too long.');
  try {
    const [made] = await admin`select from pg_database where datname = ${name} and datistemplate`;
    if (made) return name;
    await admin`drop database if exists ${admin(name)} with (force)`;
    await admin`create database ${admin(name)} template template0`;
    const sql = openSql(withDatabase(serverUrl, name), { max: 1 });
    try {
      await migrate(sql, sources);
    } finally {
      await sql.end({ timeout: 1 });
    }
    await dropOldTemplates(admin);
    await admin`alter database ${admin(name)} is_template true`;
    return name;
  } finally {
    lock.release();
  }
}

/** Keeps the newest few: a run of another state of the sources may be using them. */
async function dropOldTemplates(admin: Sql): Promise<void> {
  const old = await admin<{ datname: string }[]>`select datname from pg_database
    where datname like 'template\\_%' and datistemplate order by oid desc offset 5`;
  for (const { datname } of old) {
    await admin`alter database ${admin(datname)} is_template false`;
    await admin`drop database if exists ${admin(datname)} with (force)`;
  }
}

/** Drops the databases of runs that were killed. */
async function dropLeftovers(url: string): Promise<void> {
  const admin = openSql(url, { max: 1 });
  const rows = await admin<{ datname: string }[]>`select datname from pg_database where datname ~ '^t_[0-9]+_'`;
  for (const { datname } of rows) {
    const pid = Number(datname.split('_')[1]);
    if (pid === process.pid || !isAlive(pid)) await admin`drop database if exists ${admin(datname)} with (force)`;
  }
  await admin.end({ timeout: 1 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function withDatabase(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}
