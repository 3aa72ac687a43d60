// Runs the embedded PostgreSQL: starts or adopts the server of a directory, and stops it when its last user leaves.
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { chooseAccount } from './embedded_account.ts';
import { findPostgresBinaries } from './embedded_binaries.ts';
import { createCluster, embeddedUser } from './embedded_cluster.ts';
import { type EmbeddedPlace, launchServer } from './embedded_launch.ts';
import { findPostmaster, isGone, type Postmaster } from './embedded_postmaster.ts';
import type { ServerSettings } from './embedded_settings.ts';
import { lockFile } from './file_lock.ts';
import { openSql } from './sql.ts';

export interface EmbeddedOptions {
  /** Where the cluster lies; its password, port, log and locks are kept beside it, under the same name. */
  directory: string;
  /** Server settings that differ from the usual ones. */
  settings?: ServerSettings;
  /** How long to wait for the server, and for others that start or stop it: crash recovery may take a while. */
  timeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** The address of the database `tocsin`, with its password. */
  url: string;
  /** The process number of the server. */
  pid: number;
  /** False when a running server was adopted. */
  isStartedHere: boolean;
  /** Leaves the server, and stops it when no other program uses it. Close your own connections before. */
  stop(): Promise<void>;
}

const databaseName = 'tocsin';

/**
 * Makes sure that the server of this directory runs, and joins its users.
 * Any number of programs may call this at once: one starts the server, the others adopt it, and so does a program that
 * comes after a crash. The server outlives a killed program.
 * @throws Error in plain words when it cannot start: wrong version, no right account, no room
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const timeoutMs = options.timeoutMs ?? 120_000;
  const binaries = await findPostgresBinaries();
  mkdirSync(dirname(directory), { recursive: true });
  const startLock = await lockOrThrow(`${directory}.lock`, timeoutMs);
  try {
    const users = await lockFile(`${directory}.users`, 'shared', timeoutMs);
    if (!users) throw new Error(`Another program keeps ${directory} locked.`);
    try {
      const account = chooseAccount(directory, binaries.postgres);
      const password = createCluster(directory, binaries, account);
      const deadline = performance.now() + timeoutMs;
      const place = { directory, binaries, account, password, settings: options.settings ?? {}, deadline };
      const adopted = await adoptServer(place);
      const server = adopted ?? (await launchServer(place));
      const url = await openDatabase(place, server.port);
      return { url, pid: server.pid, isStartedHere: !adopted, stop: once(() => leave(directory, users, timeoutMs)) };
    } catch (error) {
      users.release();
      throw error;
    }
  } finally {
    startLock.release();
  }
}

/** Waits until a server that is starting, recovering or stopping has decided what it is. */
async function adoptServer(place: EmbeddedPlace): Promise<Postmaster | undefined> {
  for (;;) {
    const server = findPostmaster(place.directory);
    if (!server || server.isReady) return server;
    if (performance.now() > place.deadline) {
      throw new Error(`The PostgreSQL server with process number ${server.pid} neither got ready nor ended.`);
    }
    await Bun.sleep(20);
  }
}

/** Connects once, to prove that the server is ours, and creates the database in a new cluster. */
async function openDatabase(place: EmbeddedPlace, port: number): Promise<string> {
  const address = (database: string) => `postgres://${embeddedUser}:${place.password}@127.0.0.1:${port}/${database}`;
  const sql = openSql(address('postgres'), { max: 1, applicationName: 'tocsin start' });
  try {
    const found = await sql`select from pg_catalog.pg_database where datname = ${databaseName}`;
    if (found.count === 0) await sql`create database ${sql(databaseName)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  return address(databaseName);
}

async function leave(directory: string, users: { release(): void }, timeoutMs: number): Promise<void> {
  const startLock = await lockOrThrow(`${directory}.lock`, timeoutMs);
  try {
    users.release();
    const alone = await lockFile(`${directory}.users`, 'exclusive', 0);
    if (!alone) return;
    alone.release();
    await stopServer(directory, timeoutMs);
  } finally {
    startLock.release();
  }
}

async function stopServer(directory: string, timeoutMs: number): Promise<void> {
  const server = findPostmaster(directory);
  if (!server) return;
  // SIGINT is PostgreSQL's fast shutdown: sessions end, their transactions roll back, a checkpoint is written.
  process.kill(server.pid, 'SIGINT');
  const deadline = performance.now() + timeoutMs;
  while (!isGone(directory, server.pid)) {
    if (performance.now() > deadline) throw new Error(`The PostgreSQL server ${server.pid} did not stop in time.`);
    await Bun.sleep(10);
  }
}

async function lockOrThrow(path: string, timeoutMs: number) {
  const lock = await lockFile(path, 'exclusive', timeoutMs);
  if (!lock) throw new Error(`Another program has been starting or stopping PostgreSQL for too long (${path}).`);
  return lock;
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
