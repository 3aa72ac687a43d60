// Gives benches their databases, on an embedded PostgreSQL of their own that flushes to disk as a real one does.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbedded } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { openSql, type Sql } from '../src/store/sql.ts';

/** Where the benches keep their files. */
export const benchDirectory = join(import.meta.dir, '../.tocsin/bench');

/** A database with the whole schema and its partitions, empty otherwise. `sql` is its owner's. */
export type BenchDatabase = { url: string; sql: Sql; drop(): Promise<void> };

/** A server to bench on. */
export type Place = {
  /** As PostgreSQL says it, such as 18.4. */
  version: string;
  /** `isEmpty`: without the schema, for a program of another version that brings its own. */
  makeDatabase(options?: { isEmpty?: boolean }): Promise<BenchDatabase>;
  leave(): Promise<void>;
};

let count = 0;

/** Starts or joins the benches' server with the settings that every embedded server has: fsync and synchronous_commit on. */
export async function openPlace(): Promise<Place> {
  mkdirSync(benchDirectory, { recursive: true });
  const server = await startEmbedded({ directory: join(benchDirectory, 'postgres') });
  return placeOn(server.url, () => server.stop());
}

/** A place on a server that runs already, by a superuser's address. */
export async function placeOn(serverUrl: string, leave: () => Promise<void> = async () => undefined): Promise<Place> {
  const admin = openSql(serverUrl, { max: 1, applicationName: 'bench' });
  const [server] = await admin<{ version: string }[]>`select current_setting('server_version') as version`;
  await dropLeftovers(admin);
  return {
    version: server?.version ?? 'unknown',
    makeDatabase: async ({ isEmpty = false } = {}) => {
      const name = `bench_${process.pid}_${++count}`;
      await admin`create database ${admin(name)} template template0`;
      const url = withDatabase(serverUrl, name);
      const sql = openSql(url, { max: 10, applicationName: 'bench' });
      if (!isEmpty) {
        await migrate(sql);
        await sql`select tocsin.maintain_partitions()`;
      }
      const drop = async () => {
        await sql.end({ timeout: 1 });
        await admin`drop database if exists ${admin(name)} with (force)`;
      };
      return { url, sql, drop };
    },
    leave: async () => {
      await admin.end({ timeout: 1 });
      await leave();
    },
  };
}

/** Drops the databases of benches that were killed. */
async function dropLeftovers(admin: Sql): Promise<void> {
  const rows = await admin<{ datname: string }[]>`select datname from pg_database where datname ~ '^bench_[0-9]+_'`;
  for (const { datname } of rows) {
    if (!isAlive(Number(datname.split('_')[1]))) await admin`drop database if exists ${admin(datname)} with (force)`;
  }
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
