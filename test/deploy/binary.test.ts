// The one-file program, built and run as its user does: alone in an empty directory, with nothing of this project around it.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json' with { type: 'json' };
import { runCommand, startCommand } from '../support/children.ts';
import { testDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver.ts';

const { sql, url } = await testDatabase({ isEmpty: true });
const receiver = await startReceiver();
const place = mkdtempSync(join(tmpdir(), 'tocsin-binary-'));
const cwd = join(place, 'empty');
const tocsin = join(place, 'bin/tocsin');
const env = {
  DATABASE_URL: url,
  SECRET_KEY: 'the secret of this test, 32 bytes',
  API_HOST: '127.0.0.1',
  API_PORT: '0',
  ALLOWED_NETWORKS: '127.0.0.0/8',
};

// Each of them starts a program of a hundred megabytes, some several times.
setDefaultTimeout(120_000);

beforeAll(async () => {
  mkdirSync(cwd);
  const { exitCode, stdout, stderr } = await runCommand([process.execPath, 'deploy/build.ts', tocsin]);
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/tocsin \d+ MB\n$/),
    stderr: '',
  });
});
afterAll(async () => {
  rmSync(place, { recursive: true });
  await receiver.stop();
});

describe('the compiled program', () => {
  test('tells its version, and what it needs where no database is named', async () => {
    expect((await runCommand([tocsin, 'version'], { cwd })).stdout).toBe(`${version}\n`);
    const { exitCode, stderr } = await runCommand([tocsin, 'serve'], { cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^DATABASE_URL is not set, and this one-file program brings no PostgreSQL of its own\. .*`npm install --prefix .*`\.\n$/,
    );
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('brings an empty database to its schema, by the SQL that it holds', async () => {
    expect((await runCommand([tocsin, 'migrate'], { cwd, env })).exitCode).toBe(0);
    const [found] = await sql`select count(*)::int as n from pg_proc where pronamespace = 'tocsin'::regnamespace`;
    expect(found?.n).toBeGreaterThan(50);
  });

  test('knows every command, and what each of them loads when it runs', async () => {
    const help = await runCommand([tocsin, 'help'], { cwd });
    expect(help.exitCode).toBe(0);
    for (const words of [
      ['doctor', '--json'],
      ['keys', 'list'],
      ['webhooks', 'list', '--help'],
      ['completion', 'bash'],
    ]) {
      const { exitCode, stderr } = await runCommand([tocsin, ...words], { cwd, env });
      expect([words.join(' '), exitCode === 0 || words[0] === 'doctor', stderr]).toEqual([words.join(' '), true, '']);
    }
  });

  test('delivers as a worker what SQL raised', async () => {
    await sql`select tocsin.create_webhook(1, 'here', ${`${receiver.url}/sql`}, p_events => '{by.sql}')`;
    const worker = await startCommand([tocsin, 'work'], { cwd, env, ready: /worker started/ });
    await sql`select tocsin.raise_alert('by.sql', 'Hello')`;
    const [request] = await receiver.waitFor(1, { path: '/sql' });
    expect(request?.json()).toMatchObject({ type: 'by.sql' });
    expect(await worker.stop()).toBe(0);
  });

  test('serves its pages and its API from two processes, and ends in order', async () => {
    const server = await startCommand([tocsin, 'serve'], {
      cwd,
      env: { ...env, API_WORKERS: '2' },
      ready: /"message":"serving","url":"([^"]+)","processes":2/,
    });
    const base = server.ready[1] ?? '';
    const text = async (path: string) => {
      const answer = await fetch(base + path);
      expect([path, answer.status]).toEqual([path, 200]);
      return await answer.text();
    };
    const page = await text('/dashboard');
    const assets = [...page.matchAll(/\/dashboard\/assets\/[^"]+/g)].map(([path]) => path);
    expect(assets.map((path) => path.split('.').at(-1)).sort()).toEqual(['css', 'js', 'svg']);
    for (const path of assets) expect((await text(path)).length).toBeGreaterThan(100);
    expect(await text('/docs')).toContain('swagger-ui-bundle.js');
    expect((await text('/docs/swagger-ui-bundle.js')).length).toBeGreaterThan(1_000_000);
    expect(JSON.parse(await text('/docs/json'))).toMatchObject({ info: { title: expect.stringContaining('Tocsin') } });

    const minted = await runCommand([tocsin, 'token', '--sub', 'me', '--role', 'admin'], { cwd, env });
    const headers = { authorization: `Bearer ${minted.stdout.trim()}`, 'content-type': 'application/json' };
    const post = async (path: string, body: object) =>
      fetch(`${base}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect((await post('/webhooks', { name: 'there', url: `${receiver.url}/http`, events: ['by.http'] })).status).toBe(
      201,
    );
    expect((await post('/alerts', { message: 'Hello', alert_type: 'by.http' })).status).toBe(201);
    const [request] = await receiver.waitFor(1, { path: '/http' });
    expect(request?.json()).toMatchObject({ type: 'by.http' });
    expect(await server.stop()).toBe(0);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
