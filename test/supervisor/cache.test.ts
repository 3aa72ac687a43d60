// The caches of a server of several processes, with Redis: one answer for all, whoever changes what and whatever dies.
import { afterAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { startCli } from '../support/children.ts';
import { isRunning } from '../support/fault_rig.ts';
import { startLoad } from '../support/load.ts';
import { testDatabase } from '../support/postgres.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const LATE = { timeoutMs: 20_000 };
/** CACHE_RUNS=50 looks longer. */
const RUNS = Number(process.env.CACHE_RUNS ?? 3);
/** A crew that loses its members again and again waits ever longer before it starts others. */
const KILLS_MAX = 3;

type Step = { do: 'read' | 'write' | 'type' | 'kill_process' | 'flush' | 'kill_redis' | 'mend_redis' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: fc.constant('read') }) },
  { weight: 25, arbitrary: fc.record({ do: fc.constant('write') }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('type', 'flush') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('kill_redis', 'mend_redis') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill_process') }) },
) as fc.Arbitrary<Step>;

describe.skipIf(!hasRedis)('several processes with Redis', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  const { sql, url } = await testDatabase();
  const child = await startCli(['serve'], {
    ready: /"serving"[^\n]*"url":"(http:\/\/127.0.0.1:(\d+))"/,
    env: {
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      ENVIRONMENT: 'development',
      API_PORT: '0',
      API_WORKERS: '2',
      DB_POOL_MAX: '8',
      DB_POOL_MIN: '2',
    },
  });
  const [, origin = '', port = ''] = child.ready;
  const admin = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  admin.on('error', () => undefined);
  afterAll(async () => {
    admin.disconnect();
    await child.stop();
  });
  const alive = () =>
    [...child.output().matchAll(/"process ready"[^\n]*"pid":(\d+)/g)].map(([, pid]) => Number(pid)).filter(isRunning);

  /** Over a connection of its own, which leads to one of the processes by chance; once more when that one just died. */
  async function send(method: string, path: string, body?: unknown, tries = 20) {
    try {
      const response = await fetch(origin + path, {
        method,
        keepalive: false,
        headers: { connection: 'close', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field.
      return { status: response.status, headers: response.headers, json: (await response.json()) as any };
    } catch (error) {
      if (tries === 0) throw error;
      return send(method, path, body, tries - 1);
    }
  }
  const stats = async () => (await send('GET', '/api/v1/cache/stats')).json;
  const { id } = (await send('POST', '/api/v1/webhooks', { name: '0', url: 'https://receiver.test/', events: ['no'] }))
    .json;
  const path = `/api/v1/webhooks/${id}`;
  const read = async () => Number((await send('GET', path)).json.name);
  const readAll = () => Promise.all(Array.from({ length: 8 }, read));
  /** By hand, and heard by all. */
  const type = async (value: number) => {
    await sql`update tocsin_data.webhooks set name = ${String(value)} where webhook_id = ${id}`;
    await until(async () => (await readAll()).every((seen) => seen === value), LATE);
  };
  const backFromRedis = () => until(async () => (await stats()).l2.status === 'ready', LATE);

  test('are warm before anybody has asked', async () => {
    // Each has what a page reads first; nobody has read any of that.
    await until(async () => (await stats()).total_requests >= 2 * 6, LATE);
  });

  test('show what was written through any of them at once, and what was typed by hand', async () => {
    for (let value = 1; value <= 20; value++) {
      expect((await send('PATCH', path, { name: String(value) })).status).toBe(200);
      expect(await readAll()).toEqual(Array.from({ length: 8 }, () => value));
    }
    await type(100);
    await type(101);
  });

  test('lose answers, but no request, when Redis is emptied, killed and started again under load', async () => {
    const paths = [path, '/api/v1/webhooks', '/api/v1/alerts', '/api/v1/dashboard/overview'];
    let sent = 0;
    const load = startLoad(Number(port), 16, () => ({ method: 'GET', path: paths[sent++ % paths.length] as string }));
    const more = async () => {
      const from = load.report.answered;
      await until(() => load.report.answered > from + 300, LATE);
    };
    const before = await stats();
    for (let round = 0; round < 3; round++) {
      await more();
      await admin.flushall();
    }
    await more();
    await redis.kill();
    await more();
    await until(async () => (await stats()).l2.status === 'away', LATE);
    await redis.restart();
    await backFromRedis();
    await more();
    const { errors, byStatus } = await load.stop();
    expect(errors).toEqual([]);
    expect(Object.keys(byStatus)).toEqual(['200']);
    expect((await stats()).cache_misses).toBeGreaterThan(before.cache_misses);
  }, 60_000);

  test('never show what was there before, whatever dies', async () => {
    let value = 1_000;
    let kills = 0;
    let isRedisAway = false;
    const wrong: string[] = [];
    const steps: Record<Step['do'], () => Promise<unknown>> = {
      async read() {
        const seen = await read();
        if (seen !== value) wrong.push(`${seen} was read, and ${value} was written`);
      },
      async write() {
        expect((await send('PATCH', path, { name: String(++value) })).status).toBe(200);
      },
      type: () => type(++value),
      async kill_process() {
        if (kills++ >= KILLS_MAX) return;
        await until(() => alive().length === 2, LATE);
        process.kill(alive()[0] as number, 'SIGKILL');
      },
      flush: () => admin.flushall().catch(() => undefined),
      async kill_redis() {
        isRedisAway = true;
        await redis.kill();
      },
      async mend_redis() {
        if (isRedisAway) await redis.restart();
        isRedisAway = false;
      },
    };
    await type(value);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), async (list) => {
        wrong.length = 0;
        for (const each of list) await steps[each.do]();
        await steps.mend_redis();
        expect(wrong).toEqual([]);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    await steps.kill_process();
    await until(() => alive().length === 2, LATE);
    expect(await readAll()).toEqual(Array.from({ length: 8 }, () => value));
    expect(kills).toBeGreaterThan(0);
  }, 120_000);
});
