// Starts Redis servers for tests, on ports of their own and without anything on disk.
import { afterAll } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.ts';
import { installPackages } from './packages.ts';

export interface TestRedis {
  url: string;
  port: number;
  /** Ends the server at once, as a crash would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Makes it answer nothing until it goes on, with its connections open: a server that hangs. */
  pause(): void;
  resume(): void;
  /** Starts it again on its port, empty. */
  restart(): Promise<void>;
}

const places = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'];

/** Whether Redis can be had here; in CI it must be. */
export const hasRedis = await findRedis().then((path) => path !== undefined);

/** A server that ends with the calling file. `options` are settings of redis-server; it runs in an empty directory of its own. */
export async function startRedis(options: Record<string, string> = {}): Promise<TestRedis> {
  const binary = await findRedis();
  if (!binary) throw new Error('There is no redis-server on this machine.');
  const port = await freePort();
  const cwd = mkdtempSync(join(tmpdir(), 'tocsin-redis-'));
  const settings = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', ...options };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const start = async () => {
    const child = Bun.spawn([binary, ...flags], { cwd, stdout: 'pipe', stderr: 'inherit' });
    let output = '';
    void (async () => {
      for await (const chunk of child.stdout) output += Buffer.from(chunk).toString();
    })();
    await until(() => output.includes('Ready to accept connections'), {
      what: `redis-server getting ready:\n${output}`,
    });
    return child;
  };
  let child = await start();
  const kill = async () => {
    child.kill('SIGKILL');
    await child.exited;
  };
  afterAll(async () => {
    await kill();
    rmSync(cwd, { recursive: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async restart() {
      await kill();
      child = await start();
    },
  };
}

async function findRedis(): Promise<string | undefined> {
  const found = Bun.which('redis-server') ?? places.find((path) => existsSync(path));
  if (found) return found;
  await installPackages('redis-server');
  const installed = Bun.which('redis-server') ?? undefined;
  if (!installed && process.env.CI === 'true')
    throw new Error('CI must have redis-server, and it cannot be installed.');
  return installed;
}

const PORT_TRIES_MAX = 100;

/**
 * A port on which nobody listens, below those that systems give to connections: while a server is started anew, no connection
 * takes its port.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error('There is no free port.');
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.on('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
