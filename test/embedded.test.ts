// The embedded PostgreSQL: kept, shared, adopted, never left in a state that the next start cannot mend.
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '../src/store/embedded.ts';
import { openSql, type Sql } from '../src/store/sql.ts';
import { startScript } from './support/children.ts';
import { until } from './support/wait.ts';

const isRoot = process.getuid?.() === 0;
const homes: string[] = [];

/** As mkdtemp makes it, only its owner may enter: as root, PostgreSQL's account has to get through it. */
function makeDirectory(): string {
  const home = mkdtempSync(join(tmpdir(), 'tocsin-embedded-'));
  homes.push(home);
  return join(home, 'postgres');
}

// Making a cluster takes most of a second, so the tests that need no new one share this; each leaves it stopped.
const directory = makeDirectory();

afterEach(() => {
  expect(homes.filter((home) => existsSync(join(home, 'postgres/postmaster.pid')))).toEqual([]);
});

afterAll(async () => {
  for (const home of homes) {
    if (existsSync(join(home, 'postgres/postmaster.pid'))) await (await start(join(home, 'postgres'))).stop();
    rmSync(home, { recursive: true });
  }
});

const start = (path = directory) =>
  startEmbedded({ directory: path, settings: { fsync: 'off', shared_buffers: '16MB' } });

const ask = async <T>(server: EmbeddedPostgres, query: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = openSql(server.url, { max: 1 });
  try {
    return await query(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
};

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function startOwner() {
  const child = await startScript('test/support/embedded_main.ts', [directory], { ready: /ready (.*)\n/ });
  return { child, server: JSON.parse(child.ready[1] ?? '') as EmbeddedPostgres };
}

describe('one program', () => {
  test('finds its data, port and password again after a stop', async () => {
    const first = await start();
    await ask(first, (sql) => sql`create table kept as select 42 as answer`);
    await first.stop();
    // The lock file goes before the number does, which lingers until it is reaped.
    await until(() => !isRunning(first.pid));
    const second = await start();
    expect(second).toMatchObject({ url: first.url, isStartedHere: true });
    expect(await ask(second, (sql) => sql`select answer from kept`)).toMatchObject([{ answer: 42 }]);
    await second.stop();
  });

  test('gets a server that only loopback reaches, with a password in a file for its owner alone', async () => {
    const server = await start();
    const shown = await ask(
      server,
      (sql) => sql`
      select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
             current_setting('server_encoding') as encoding, current_setting('search_path') as path, current_user as name,
             (select datlocale from pg_database where datname = current_database()) as locale,
             (select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = current_user) as is_scram`,
    );
    expect(shown).toMatchObject([
      { addresses: '127.0.0.1', sockets: '', encoding: 'UTF8', name: 'postgres', locale: 'C.UTF-8', is_scram: true },
    ]);
    expect(statSync(`${directory}.password`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${directory}.log`, 'utf8')).not.toContain(new URL(server.url).password);
    const stranger = openSql(server.url.replace(/:[^:@]+@/, ':wrong@'), { max: 1 });
    await expect(stranger`select 1`.execute()).rejects.toThrow('password authentication failed');
    await server.stop();
  });

  test('comes back after its server was killed', async () => {
    const first = await start();
    await ask(first, (sql) => sql`create table survived as select 42 as answer`);
    process.kill(first.pid, 'SIGKILL');
    await until(() => !isRunning(first.pid));
    const second = await start();
    expect(second.isStartedHere).toBe(true);
    expect(await ask(second, (sql) => sql`select answer from survived`)).toMatchObject([{ answer: 42 }]);
    await second.stop();
    await first.stop();
  });

  test('is not kept from starting by a lock file whose number belongs to another program now', async () => {
    await (await start()).stop();
    writeFileSync(
      join(directory, 'postmaster.pid'),
      `${process.pid}\n${directory}\n1\n5432\n\n127.0.0.1\n\nready   \n`,
    );
    const server = await start();
    expect(server.isStartedHere).toBe(true);
    await server.stop();
  });

  test('takes another port when a stranger has the usual one', async () => {
    const first = await start();
    await first.stop();
    const stranger = createServer();
    const taken = Promise.withResolvers<void>();
    stranger.listen(Number(new URL(first.url).port), '127.0.0.1', taken.resolve);
    await taken.promise;
    const second = await start();
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    await second.stop();
    stranger.close();
  });

  test('starts over when the creation of its cluster was cut short', async () => {
    const fresh = makeDirectory();
    mkdirSync(`${fresh}.new`);
    writeFileSync(`${fresh}.new/PG_VERSION`, '18\n');
    writeFileSync(`${fresh}.password`, 'of the cluster that never was\n');
    const server = await start(fresh);
    expect(await ask(server, (sql) => sql`select 1 as one`)).toMatchObject([{ one: 1 }]);
    await server.stop();
  });

  test('is told in plain words that a cluster was written by another major version', async () => {
    await (await start()).stop();
    writeFileSync(join(directory, 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/was written by PostgreSQL 17, and this Tocsin brings PostgreSQL 18/);
    writeFileSync(join(directory, 'PG_VERSION'), '18\n');
  });

  test('is told the end of the log when the server cannot start', async () => {
    const wrong = startEmbedded({ directory, settings: { shared_buffers: 'plenty' } });
    await expect(wrong).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
  });

  test.if(isRoot)('that runs as root gives the data to another account', async () => {
    const server = await start();
    expect(statSync(directory).uid).not.toBe(0);
    await server.stop();
  });
});

describe('several programs', () => {
  test('that start at once share one server, and the last one out stops it', async () => {
    const [here, owner] = await Promise.all([start(), startOwner()]);
    expect(owner.server.pid).toBe(here.pid);
    expect([here.isStartedHere, owner.server.isStartedHere].sort()).toEqual([false, true]);
    await here.stop();
    expect(isRunning(here.pid)).toBe(true);
    expect(await owner.child.stop()).toBe(0);
    await until(() => !isRunning(here.pid));
  });

  test('take over the server of one that was killed', async () => {
    const { child, server } = await startOwner();
    expect(await child.stop('SIGKILL')).toBeNull();
    expect(isRunning(server.pid)).toBe(true);
    const heir = await start();
    expect(heir).toMatchObject({ isStartedHere: false, pid: server.pid, url: server.url });
    await heir.stop();
    expect(existsSync(join(directory, 'postmaster.pid'))).toBe(false);
  });
});
