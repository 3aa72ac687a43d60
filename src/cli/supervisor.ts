// Runs a server as several processes on one port: prepares what they share, keeps them running, and ends them.
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, environmentWith, SEATS } from '../config.ts';
import { isCompiled } from '../own_files.ts';
import { Epochs } from '../store/epochs.ts';
import { makeL2 } from '../store/l2.ts';
import { clearGauges, Meters } from '../store/meters.ts';
import { Scoreboard } from '../store/scoreboard.ts';
import { openSharedMemory } from '../store/shared_memory.ts';
import { connectRedis, startHearing } from './cache.ts';
import { Crew, type Member } from './crew.ts';
import { openDatabase, type Program, startProgram } from './program.ts';
import { startSelfWatch } from './self_watch.ts';
import { welcome } from './welcome.ts';

/** Serves with API_WORKERS processes until a signal comes. SIGHUP replaces them one by one. */
export async function runSupervisor(): Promise<void> {
  let crew: Crew | undefined;
  const program = startProgram({
    // The second signal: nobody waits any more, and no process stays behind.
    exit: (code) => {
      crew?.kill();
      process.exit(code);
    },
  });
  const { config, log, shutdown } = program;
  const file = chooseFile(config);
  shutdown.add('shared memory', () => rmSync(file, { force: true }));
  const memory = openSharedMemory(file);
  const scoreboard = new Scoreboard(memory);
  const database = await openDatabase(program);
  const epochs = new Epochs(memory);
  const redis = connectRedis(program);
  await startHearing(program, database, epochs, redis && makeL2(redis, epochs));
  const port = await claimPort(config);
  const environment = childEnvironment(config, file, port);
  crew = new Crew({
    size: config.apiWorkers,
    log,
    start: (seat) => startMember({ ...environment, TOCSIN_SEAT: String(seat) }),
    onChange({ ready, restarts, freeSeat }) {
      scoreboard.setServer('processes', ready);
      scoreboard.setServer('restarts', restarts);
      if (freeSeat === undefined) return;
      new Scoreboard(memory, freeSeat).leave();
      clearGauges(memory, freeSeat);
    },
  });
  const running = crew;
  shutdown.add('processes', () => running.stop());
  rollOnHangUp(program, running);
  try {
    await running.start();
  } catch (error) {
    await shutdown.run('a process did not start');
    throw error;
  }
  startSelfWatch(program, database, {
    meters: new Meters(memory, SEATS - 1),
    board: scoreboard,
    name: String(config.apiPort),
  });
  welcome(program, `http://${hostOf(config)}:${port}`, { processes: config.apiWorkers });
}

/** In memory where the system has a place for that; on a disk it would be written out every now and then. */
function chooseFile({ epochsFile }: Config): string {
  if (epochsFile !== undefined) return epochsFile;
  const directory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return join(directory, `tocsin-${process.pid}-${randomUUID()}`);
}

/**
 * Makes sure that no other program listens on the port: one that allowed it would silently share the traffic. Port 0 gets a number.
 * @throws Error with code EADDRINUSE
 */
function claimPort({ apiHost, apiPort }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: apiHost.replace(/^\[|\]$/g, ''), port: apiPort, exclusive: true }, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function hostOf({ apiHost }: Config): string {
  return apiHost.includes(':') && !apiHost.startsWith('[') ? `[${apiHost}]` : apiHost;
}

/** The connections to the database are for all processes together. */
function childEnvironment(config: Config, file: string, port: number): Record<string, string> {
  const poolMax = Math.max(2, Math.ceil(config.dbPoolMax / config.apiWorkers));
  return environmentWith({
    TOCSIN_EPOCHS_FILE: file,
    API_PORT: String(port),
    DB_POOL_MAX: String(poolMax),
    DB_POOL_MIN: String(Math.min(config.dbPoolMin, poolMax)),
  });
}

/** A process that says by a message that it is ready, and ends by itself when this one is gone. */
function startMember(env: Record<string, string>): Member {
  const ready = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, ...ownArguments(), 'serve'], {
    env,
    // Ctrl-C in a terminal goes to this process alone: it tells the others when it is their turn.
    detached: true,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    ipc: () => ready.resolve(),
  });
  void child.exited.then(() => ready.reject(new Error(`Process ${child.pid} ended before it was ready.`)));
  return {
    pid: child.pid,
    ready: ready.promise,
    exited: child.exited,
    stop: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

/** What makes this program run again: nothing when it is one compiled file. */
function ownArguments(): string[] {
  return isCompiled ? [] : [...process.execArgv, Bun.main];
}

/** Sent by hand, the signal means new processes. The hang-up of its terminal ends the server: see program.ts. */
function rollOnHangUp({ log, shutdown }: Program, crew: Crew): void {
  process.on('SIGHUP', () => {
    if (shutdown.isClosing) return;
    log.info('replacing all processes');
    void crew.roll().then((isDone) => isDone && log.info('replaced all processes'));
  });
}
