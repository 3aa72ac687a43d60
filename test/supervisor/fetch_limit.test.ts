// How many deliveries a process may have under way: as many as WORKER_CONCURRENCY says, not as many as Bun's default.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { startCli } from '../support/children.ts';
import { testDatabase } from '../support/postgres.ts';

const { url } = await testDatabase();

describe.skipIf(!existsSync('/proc/self/environ'))('a process that delivers', () => {
  const limitOf = (pid: number) =>
    /BUN_CONFIG_MAX_HTTP_REQUESTS=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  const work = (env: Record<string, string>) =>
    startCli(['work'], { ready: /"worker started"/, env: { DATABASE_URL: url, ENVIRONMENT: 'development', ...env } });

  test('starts anew with room for all of them, under its own number', async () => {
    const worker = await work({ WORKER_CONCURRENCY: '700' });
    expect(limitOf(worker.pid)).toBe('1464');
    expect(await worker.stop()).toBe(0);
  });

  test('keeps a limit that was set', async () => {
    const worker = await work({ BUN_CONFIG_MAX_HTTP_REQUESTS: '300' });
    expect(limitOf(worker.pid)).toBe('300');
    expect(await worker.stop()).toBe(0);
  });
});
