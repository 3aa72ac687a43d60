// Starts a Redis of the bench's own, if the machine has one.
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startProgram } from './children.ts';
import { benchDirectory } from './place.ts';

export type Redis = { port: number; stop(): Promise<void> };

/**
 * Empty, with its append-only file on (flushed each second) unless it is a cache; undefined where there is no `redis-server`.
 */
export async function startRedis({ isCache = false } = {}): Promise<Redis | undefined> {
  const program = Bun.which('redis-server');
  if (program === null) return undefined;
  const directory = join(benchDirectory, `redis-${process.pid}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const flags = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    appendonly: isCache ? 'no' : 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = await startProgram([program, ...args], {}, /Ready to accept connections/);
  const stop = async () => {
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
