// A new version beside the old one on one database, and the way back: while alerts are raised, nothing fails and nothing is lost.
import { afterAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { mintToken } from '../../src/http/token.ts';
import { type Child, runCommand, startCommand } from '../support/children.ts';
import { makeNextVersion } from '../support/next_version.ts';
import { testDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';

const { sql, url } = await testDatabase();
const receiver = await startReceiver();
const secretKey = 'the secret of this test, 32 bytes';
const thisVersion = join(import.meta.dir, '../..');
const nextVersion = await makeNextVersion();
const env = {
  DATABASE_URL: url,
  SECRET_KEY: secretKey,
  API_HOST: '127.0.0.1',
  API_PORT: '0',
  API_WORKERS: '1',
  RATE_LIMIT: '1000000',
  ALLOWED_NETWORKS: '127.0.0.0/8',
};
const program = (folder: string) => [process.execPath, join(folder, 'src/cli.ts')];
const serve = (folder: string, more: Record<string, string> = {}) =>
  startCommand([...program(folder), 'serve'], {
    env: { ...env, ...more },
    ready: /"message":"serving","url":"([^"]+)"/,
    timeoutMs: 60_000,
  });
const urlOf = (server: Child) => server.ready[1] ?? '';

const claims = { subject: 'test', tenant: 'default', role: 'admin' as const, expiresAtMs: Date.now() + 3_600_000 };
const token = await mintToken(secretKey, claims, { jwtIssuer: undefined, jwtAudience: undefined });
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

/** Raises alerts and reads, one after the other, from whichever servers it is told to ask; keeps what was answered. */
function startTraffic(servers: string[]) {
  const raised: number[] = [];
  const failures: string[] = [];
  let isOver = false;
  const ask = async (path: string, init: RequestInit, wanted: number) => {
    const [server = ''] = servers;
    servers.push(servers.shift() ?? '');
    const answer = await fetch(`${server}/api/v1${path}`, { ...init, headers });
    const text = await answer.text();
    if (answer.status !== wanted) failures.push(`${path} ${answer.status} ${text}`);
    return answer.status === wanted ? JSON.parse(text) : {};
  };
  const caller = async () => {
    while (!isOver && failures.length < 10) {
      const { id } = await ask(
        '/alerts',
        { method: 'POST', body: '{"message": "On the way", "alert_type": "way"}' },
        201,
      );
      if (id !== undefined) raised.push(id);
      await ask('/webhooks?page_size=5', {}, 200);
      await ask('/dashboard/overview', {}, 200);
    }
  };
  const callers = [caller(), caller()];
  return {
    raised,
    failures,
    /** Resolves when so many more alerts were raised as there are now. */
    more: (count: number) => {
      const wanted = raised.length + count;
      return until(() => raised.length >= wanted || failures.length > 0, { timeoutMs: 60_000, what: 'more alerts' });
    },
    async stop() {
      isOver = true;
      await Promise.all(callers);
    },
  };
}

describe('a new version on the database of an old one', () => {
  const running: Child[] = [];
  afterAll(() => Promise.all(running.map((server) => server.stop('SIGKILL'))));
  const start = async (...given: Parameters<typeof serve>) => {
    const server = await serve(...given);
    running.push(server);
    return server;
  };

  test('takes over without a refused request or a lost alert, and is gone back from in the same way', async () => {
    await sql`select tocsin.create_webhook(1, 'here', ${`${receiver.url}/way`})`;
    const old = await start(thisVersion);
    const servers = [urlOf(old)];
    const traffic = startTraffic(servers);
    await traffic.more(20);

    const next = await start(nextVersion);
    const [made] = await sql`select to_regproc('tocsin.count_next') is not null as is_there`;
    expect(made?.is_there).toBe(true);
    servers.push(urlOf(next));
    await traffic.more(20);
    servers.splice(0, servers.length, urlOf(next));
    await traffic.more(2);
    expect(await old.stop()).toBe(0);
    await traffic.more(20);

    // The way back: an old program by itself refuses, as it cannot know what the new tables mean.
    const refused = await runCommand([...program(thisVersion), 'migrate'], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('set ALLOW_NEWER_SCHEMA=true')]);
    const back = await start(thisVersion, { ALLOW_NEWER_SCHEMA: 'true' });
    const [gone] = await sql`select to_regproc('tocsin.count_next') is null as is_gone, count(next_note)::int as kept
      from tocsin_data.webhooks`;
    expect(gone).toEqual({ is_gone: true, kept: 1 });
    servers.push(urlOf(back));
    await traffic.more(20);
    servers.splice(0, servers.length, urlOf(back));
    await traffic.more(2);
    expect(await next.stop()).toBe(0);
    await traffic.more(20);
    await traffic.stop();

    expect(traffic.failures).toEqual([]);
    const arrived = () =>
      new Set(receiver.requests.map((request) => (request.json().data as { alert_id: number }).alert_id));
    await until(() => traffic.raised.every((id) => arrived().has(id)), {
      timeoutMs: 60_000,
      what: 'every alert arriving',
    });
    for (const { output } of running) expect(output()).not.toMatch(/"level":"error"/);
    expect(await back.stop()).toBe(0);
  }, 180_000);
});
