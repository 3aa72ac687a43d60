// `tocsin doctor`: finds nothing wrong where nothing is, and names what was broken, with what to do.
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApi } from '../src/store/api.ts';
import { makeVault } from '../src/store/vault.ts';
import { runCli, startCli } from './support/children.ts';
import { testDatabase } from './support/postgres.ts';
import { hasRedis, startRedis } from './support/redis.ts';

setDefaultTimeout(60_000);
const { sql, url } = await testDatabase();
const { workers, webhooks } = makeApi(sql);
const empty = await testDatabase({ isEmpty: true });
const cwd = mkdtempSync(join(tmpdir(), 'tocsin-doctor-'));
const squatter = createServer((_, answer) => answer.end('hello'));
await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
const { port } = squatter.address() as AddressInfo;
afterAll(() => {
  squatter.close();
  rmSync(cwd, { recursive: true });
});
const SECRET_KEY = 'a secret key of 32 bytes or more';
const ENCRYPTION_KEY = 'an encryption key of 32 bytes too';
const sound = { DATABASE_URL: url, SECRET_KEY, ENCRYPTION_KEY, API_HOST: '127.0.0.1', API_PORT: '0' };

type Finding = { check: string; status: string; detail: string; advice?: string };

/** What is not right, and the exit code. */
async function consult(env: Record<string, string>) {
  const { exitCode, stdout, stderr } = await runCli(['doctor', '--json'], { env, cwd });
  expect(stderr).toBe('');
  const { is_sound, findings } = JSON.parse(stdout) as { is_sound: boolean; findings: Finding[] };
  expect(exitCode).toBe(is_sound ? 0 : 1);
  expect(findings.filter(({ status, advice }) => status !== 'ok' && !advice)).toEqual([]);
  expect(stdout).not.toContain('hunter2');
  // The server of the tests trades safety for speed, and is told off for it each time: see the first test.
  const wrong = (status: string) =>
    findings.filter((finding) => finding.status === status && finding.check !== 'settings');
  return { findings, failures: wrong('failure'), warnings: wrong('warning') };
}
const about = (check: string, detail: unknown) => expect.objectContaining({ check, detail });

describe('tocsin doctor', () => {
  test('finds a server sound that is, and says so a line a check', async () => {
    await workers.maintain_partitions({ p_retention_days: 30 });
    await workers.beat_worker({ p_worker_id: null, p_host: 'test', p_pid: 1 });
    const { failures, findings } = await consult(sound);
    expect(failures).toEqual([]);
    for (const check of ['schema', 'roles', 'workers', 'partitions', 'clock', 'sealed secrets', 'secrets', 'port'])
      expect(findings).toContainEqual(expect.objectContaining({ check, status: 'ok' }));
    expect(findings).toContainEqual(about('settings', 'fsync = off: a crash of the machine ruins the database.'));
    const { stdout } = await runCli(['doctor'], { env: sound, cwd });
    expect(stdout).toMatch(/\n✓ ok {7}schema {13}that of this version, \d+ table files\n/);
    expect(stdout).toMatch(/\n\d+ ok, \d+ warnings, 2 failures\n$/);
  });

  test('names wrong variables, a log file that cannot be written and a Redis that is away, all at once', async () => {
    const { failures } = await consult({
      ...sound,
      SECRET_KEY: 'short',
      DB_POOL_MIN: '60',
      API_WORKERS: 'many',
      LOG_FILE: join(cwd, 'nowhere/tocsin.log'),
      REDIS_URL: 'redis://:hunter2@127.0.0.1:1',
    });
    expect(failures).toEqual([
      about('configuration', expect.stringMatching(/^API_WORKERS must be/)),
      about('configuration', expect.stringMatching(/^SECRET_KEY must be/)),
      about('configuration', expect.stringMatching(/^DB_POOL_MIN must be/)),
      about('log file', expect.stringContaining('cannot be written')),
      about('Redis', expect.stringContaining('cannot be used')),
    ]);
  });

  test('names a port that another program has, and a database that cannot be reached', async () => {
    const { failures } = await consult({
      ...sound,
      API_PORT: String(port),
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/tocsin',
    });
    expect(failures).toEqual([
      about('port', `Another program listens on 127.0.0.1:${port}.`),
      about('database', expect.stringContaining('ECONNREFUSED')),
    ]);
  });

  test('names a wrong password, a schema that is not there, and one of another version', async () => {
    const wrong = await consult({ ...sound, DATABASE_URL: url.replace(/:[^:@]+@/, ':hunter2@') });
    expect(wrong.failures).toEqual([about('database', expect.stringContaining('password'))]);
    const { failures } = await consult({ ...sound, DATABASE_URL: empty.url });
    expect(failures).toEqual([about('schema', 'There is none.')]);
    await sql.begin(async (tx) => {
      await tx`update tocsin_data.schema_state set rebuilt_sha256 = 'of another version'`;
    });
    const other = await consult(sound);
    expect(other.failures).toEqual([about('schema', 'It is not that of this version.')]);
    await runCli(['migrate'], { env: sound, cwd });
  });

  test('names webhook secrets that no key opens', async () => {
    const sealed = makeVault(['the key that somebody lost, long ago']).seal('whsec_x', 'webhook_secret');
    const id = await webhooks.create_webhook({
      p_tenant_id: 1,
      p_name: 'locked',
      p_url: 'https://receiver.test/',
      p_secret_sealed: sealed,
    });
    const { failures } = await consult(sound);
    expect(failures).toEqual([about('sealed secrets', expect.stringMatching(/^1 of 1 do not open/))]);
    const worker = await startCli(['work'], { env: sound, cwd, ready: /secrets of webhooks do not open.*"locked":1/ });
    await worker.stop();
    await sql`delete from tocsin_data.webhook_secrets where webhook_id = ${id}`;
  });

  test("names tables that the server's role can touch", async () => {
    await sql`grant usage on schema tocsin_data to tocsin_server`;
    await sql`grant select on tocsin_data.alerts to tocsin_server`;
    const { failures } = await consult(sound);
    expect(failures).toEqual([about('roles', 'tocsin_server can touch 1 tables itself: alerts.')]);
    await sql`revoke all on all tables in schema tocsin_data from tocsin_server`;
    await sql`revoke usage on schema tocsin_data from tocsin_server`;
  });

  test('warns of a worker that is missing, of one key for all, and of a key file that others can read', async () => {
    await sql`delete from tocsin_data.workers`;
    mkdirSync(join(cwd, '.tocsin'));
    writeFileSync(join(cwd, '.tocsin/secret.key'), SECRET_KEY);
    chmodSync(join(cwd, '.tocsin/secret.key'), 0o644);
    const { failures, warnings } = await consult({ ...sound, ENCRYPTION_KEY: SECRET_KEY });
    expect(failures).toEqual([]);
    expect(warnings).toEqual(
      expect.arrayContaining([
        about('workers', 'None is alive: nothing is delivered.'),
        about('secrets', 'SECRET_KEY and ENCRYPTION_KEY are the same.'),
        about('secrets', '.tocsin/secret.key can be read by others.'),
      ]),
    );
    rmSync(join(cwd, '.tocsin'), { recursive: true });
  });

  test.skipIf(!hasRedis)('looks at what a Redis does when it is full', async () => {
    const redis = await startRedis({ maxmemory: '64mb', 'maxmemory-policy': 'noeviction' });
    const { warnings } = await consult({ ...sound, REDIS_URL: redis.url });
    expect(warnings).toContainEqual(about('Redis', expect.stringContaining('maxmemory-policy noeviction')));
  });

  test('says of a new place that there is nothing yet, and makes nothing there', async () => {
    const { failures, findings } = await consult({ API_PORT: '0' });
    expect(failures).toEqual([]);
    expect(findings).toContainEqual(about('database', expect.stringMatching(/^embedded; tocsin serve makes it/)));
    expect(await Array.fromAsync(new Bun.Glob('**/*').scan({ cwd, dot: true }))).toEqual([]);
  });
});
