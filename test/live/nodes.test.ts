// Watchers of several processes and of several servers of one database: each is told everything once, and may resume anywhere.
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { mintToken } from '../../src/http/token.ts';
import { runCli, startCli } from '../support/children.ts';
import { type LiveClient, openLive } from '../support/live_client.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

setDefaultTimeout(60_000);

const { sql, url } = await testDatabase();
const hosted = {
  DATABASE_URL: url,
  SECRET_KEY: 'k'.repeat(32),
  API_HOST: '127.0.0.1',
  API_PORT: '0',
  DB_POOL_MAX: '8',
  DB_POOL_MIN: '2',
};
const directories = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'tocsin-node-')));
const serve = async (cwd: string | undefined, workers: number) => {
  const env = { ...hosted, API_WORKERS: String(workers) };
  const child = await startCli(['serve'], { ready: /"serving"[^\n]*"url":"(http[^"]+)"/, env, ...(cwd && { cwd }) });
  return { ...child, path: `${child.ready[1]}/api/v1/ws/dashboard` };
};
const [several, single] = await Promise.all([serve(directories[0], 2), serve(directories[1], 1)]);
afterAll(async () => {
  await Promise.all([several.stop(), single.stop()]);
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
const config = readConfig(hosted);
const mint = (subject: string) => {
  const claims = { subject, tenant: 'default', role: 'viewer', expiresAtMs: Date.now() + 600_000 } as const;
  return mintToken(hosted.SECRET_KEY, claims, config);
};
const key = (await runCli(['keys', 'create', '--name', 'screen', '--role', 'viewer'], { env: hosted })).stdout.trim();
const bearer = (credentials: string) => ({ authorization: `Bearer ${credentials}` });

async function watch(path: string, credentials?: string): Promise<LiveClient> {
  const client = await openLive(path, bearer(credentials ?? (await mint(crypto.randomUUID()))));
  client.send({ action: 'subscribe', types: ['alerts'] });
  await client.waitFor('subscription_confirmed');
  return client;
}
const messagesOf = ({ messages }: LiveClient) =>
  messages.filter(({ type }) => type === 'alert_new').map((m) => m.message);

// Which process a connection leads to is left to chance: so many lead to both.
const clients = await Promise.all([
  ...Array.from({ length: 16 }, () => watch(several.path)),
  ...Array.from({ length: 2 }, () => watch(single.path)),
]);

test('every watcher gets each alert and each change once, whichever process it is connected to', async () => {
  const raised = Array.from({ length: 20 }, (_, i) => `number ${i}`);
  for (const message of raised) await sql`select tocsin.raise_alert('order.paid', ${message})`;
  await until(() => clients.every((client) => messagesOf(client).length >= raised.length), { timeoutMs: 20_000 });
  const [first] = await sql<{ id: number }[]>`select max(alert_id)::float8 as id from tocsin_data.alerts`;
  await sql`select tocsin.resolve_alerts(1, array[${first?.id ?? 0}]::bigint[], 'me')`;
  await Promise.all(clients.map((client) => client.waitFor('alert_updated')));
  for (const client of clients) {
    expect(messagesOf(client).sort()).toEqual([...raised].sort());
    expect(client.messages.filter(({ type }) => type === 'alert_updated')).toHaveLength(1);
  }
});

test('a pong counts the sockets of all processes of its server, and of no other server', async () => {
  const countAt = async (client: LiveClient) => {
    const before = client.messages.length;
    client.send({ action: 'ping' });
    await until(() => client.messages.slice(before).some(({ type }) => type === 'pong'));
    return client.messages.findLast(({ type }) => type === 'pong');
  };
  for (const client of clients.slice(0, 16)) {
    await until(async () => (await countAt(client)).total_connections === 16, { what: '16 sockets' });
  }
  expect(await countAt(clients[17] as LiveClient)).toMatchObject({ total_connections: 2, connected_users: 2 });
  // Users are told of one process each. That all 16 came to the same one happens once in 30,000 runs.
  const users = (await Promise.all(clients.slice(0, 16).map(countAt))).map(({ connected_users }) => connected_users);
  expect(Math.max(...users)).toBeLessThan(16);
});

test('what was missed is sent by whichever process or server is asked', async () => {
  const leaving = await watch(several.path);
  const { cursor } = await leaving.waitFor('subscription_confirmed');
  leaving.close();
  for (let i = 0; i < 3; i++) await sql`select tocsin.raise_alert('missed.one', ${`missed ${i}`})`;
  for (const path of [...Array.from({ length: 6 }, () => several.path), single.path]) {
    const again = await watch(path);
    again.send({ action: 'resume', cursor });
    await again.waitFor('resumed');
    const missed = new Set(messagesOf(again).filter((message) => message.startsWith('missed')));
    expect([...missed].sort()).toEqual(['missed 0', 'missed 1', 'missed 2']);
    again.close();
  }
});

test('a key that is revoked elsewhere ends its sockets in every process of every server', async () => {
  const ending = await Promise.all([
    ...Array.from({ length: 6 }, () => watch(several.path, key)),
    watch(single.path, key),
  ]);
  const { stdout } = await runCli(['keys', 'list'], { env: hosted });
  const [, id = ''] = /\n(\d+) +screen /.exec(stdout) ?? [];
  await runCli(['keys', 'revoke', id], { env: hosted });
  await until(() => ending.every(({ closed }) => closed !== undefined), { what: 'the end of all', timeoutMs: 15_000 });
  expect(new Set(ending.map(({ closed }) => closed?.code))).toEqual(new Set([1008]));
  expect(clients.every(({ closed }) => closed === undefined)).toBe(true);
  for (const client of clients) client.close();
});
