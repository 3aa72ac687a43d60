// Credentials over several programs: what one of them makes, all of them take, and what one of them ends, all refuse.
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, runCli, startCli } from './support/children.ts';
import { testDatabase } from './support/postgres.ts';
import { until } from './support/wait.ts';

const { url } = await testDatabase();
const directories = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'tocsin-server-')));
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
const hosted = { DATABASE_URL: url, SECRET_KEY: 'k'.repeat(32), API_PORT: '0' };

/** A server in a directory of its own, as on a machine of its own. */
const serve = (cwd: string | undefined, env: Record<string, string>) =>
  startCli(['serve'], { ready: /"serving","url":"(http[^"]+)"/, env, ...(cwd !== undefined && { cwd }) });
const statusAt = async (server: Child, credentials: string, path = '/api/v1/webhooks') => {
  const address = `http://127.0.0.1:${new URL(server.ready[1] ?? '').port}${path}`;
  return (await fetch(address, { headers: { authorization: `Bearer ${credentials}` } })).status;
};

describe('two servers of one database', () => {
  test('take a key that was made elsewhere, note its use, and refuse it as soon as it is revoked elsewhere', async () => {
    // Their clocks stand still: what they know of a key never gets too old, so that only being told of it ends it.
    const still = { ...hosted, BUN_OPTIONS: `--preload=${join(import.meta.dir, 'support/stopped_clock.ts')}` };
    const [one, two] = await Promise.all([serve(directories[0], still), serve(directories[1], still)]);
    const key = (await runCli(['keys', 'create', '--name', 'ci', '--role', 'admin'], { env: hosted })).stdout.trim();
    for (const server of [one, two]) expect(await statusAt(server, key)).toBe(200);
    const { stdout } = await runCli(['keys', 'list'], { env: hosted });
    const [, id = ''] = /\n(\d+) +ci /.exec(stdout) ?? [];
    await runCli(['keys', 'revoke', id], { env: hosted });
    for (const server of [one, two]) await until(async () => (await statusAt(server, key)) === 401);
    for (const server of [one, two]) expect(await server.stop()).toBe(0);
    const listed = (await runCli(['keys', 'list', '--all'], { env: hosted })).stdout;
    expect(listed).toMatch(/ci +admin .* revoked /);
    expect(listed.split('\n')[1]?.match(/\d{4}-\d\d-\d\d \d\d:\d\d/g)).toHaveLength(3);
    for (const server of [one, two]) expect(server.output()).not.toContain(key);
  }, 60_000);

  test('take the same tokens when they have the same secret', async () => {
    const token = (await runCli(['token', '--sub', 'me'], { env: hosted })).stdout.trim();
    const other = { ...hosted, SECRET_KEY: 'another secret of thirty-two bytes' };
    const [same, different] = await Promise.all([serve(directories[0], hosted), serve(directories[1], other)]);
    expect([await statusAt(same, token), await statusAt(different, token)]).toEqual([200, 401]);
    await Promise.all([same.stop(), different.stop()]);
  }, 60_000);
});

describe('a development server', () => {
  test('takes the tokens that are made in its directory, by the key that lies there', async () => {
    const [cwd, elsewhere] = directories as [string, string];
    const env = { DATABASE_URL: url, ENVIRONMENT: 'development', API_PORT: '0' };
    const server = await serve(cwd, env);
    const mint = async (at: string) =>
      (await runCli(['token', '--sub', 'me', '--role', 'platform'], { env, cwd: at })).stdout.trim();
    expect(await statusAt(server, await mint(cwd), '/api/v1/tenants')).toBe(200);
    expect(await statusAt(server, await mint(elsewhere), '/api/v1/tenants')).toBe(401);
    expect(await statusAt(server, 'wrong')).toBe(401);
    await server.stop();
  }, 60_000);
});
