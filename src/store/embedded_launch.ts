// Launches the server program of the embedded PostgreSQL on a port of its own, and waits until it is ready.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type Account, serverEnvironment } from './embedded_account.ts';
import type { PostgresBinaries } from './embedded_binaries.ts';
import { findPostmaster, type Postmaster } from './embedded_postmaster.ts';
import { type ServerSettings, serverSettings } from './embedded_settings.ts';

/** What the parts of a start need to know. */
export interface EmbeddedPlace {
  directory: string;
  binaries: PostgresBinaries;
  account: Account;
  password: string;
  settings: ServerSettings;
  /** On the clock of `performance.now()`. */
  deadline: number;
}

const logBytesMax = 16 * 2 ** 20;

/**
 * Starts the server and keeps its port for the next time. The caller holds the start lock and found no server running.
 * @throws Error with the end of the server's log when it does not get ready
 */
export async function launchServer(place: EmbeddedPlace): Promise<Postmaster> {
  const portFile = `${place.directory}.port`;
  let port = await choosePort(readPort(portFile));
  for (;;) {
    const outcome = await tryLaunch(place, port);
    if (typeof outcome !== 'string') {
      writeFileSync(portFile, `${port}\n`);
      return outcome;
    }
    // Someone took the port since it was tried; or a killed server's last backends are still leaving its memory.
    const isPortTaken = outcome.includes('could not bind');
    const isStillLeaving = /shared memory block .* still in use|lock file .* already exists/.test(outcome);
    if (!(isPortTaken || isStillLeaving) || performance.now() > place.deadline) {
      throw new Error(`PostgreSQL did not start. Its log ends with:\n${outcome}`);
    }
    if (isPortTaken) port = await choosePort(undefined);
    else await Bun.sleep(100);
  }
}

/** @returns the ready server, or the lines that it logged before it gave up */
async function tryLaunch(place: EmbeddedPlace, port: number): Promise<Postmaster | string> {
  const settings = { ...serverSettings(place.directory), ...place.settings, port };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [...place.account.prefix, place.binaries.postgres, '-D', place.directory, ...flags];
  const log = openLog(`${place.directory}.log`);
  const child = spawn(command[0] ?? '', command.slice(1), {
    ...place.account.ids,
    cwd: '/',
    env: serverEnvironment,
    // A session of its own: Ctrl-C in our terminal must not stop the server before we have drained.
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
  });
  closeSync(log.descriptor);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure ??= `exit ${code ?? signal}`;
  });
  child.unref();
  while (failure === undefined) {
    const server = findPostmaster(place.directory);
    if (server?.isReady && server.pid === child.pid) return server;
    if (performance.now() > place.deadline) {
      child.kill('SIGQUIT');
      failure = 'It did not get ready in time.';
    }
    await Bun.sleep(10);
  }
  return `${readFileSync(log.path, 'utf8').slice(log.offset).slice(-2_000)}${failure}`;
}

function openLog(path: string): { path: string; descriptor: number; offset: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(path, `${path}.old`);
  return { path, descriptor: openSync(path, 'a', 0o600), offset: size > logBytesMax ? 0 : size };
}

function readPort(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** The wanted port when it is free, else a free one below the range that systems hand out to outgoing connections. */
async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new Error('PostgreSQL did not start: 100 ports on 127.0.0.1 were tried, and none was free.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
