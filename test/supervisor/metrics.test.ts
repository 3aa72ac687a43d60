// /metrics and /cache/stats of a server of two processes, and of a worker alone: whichever is asked tells of all.
import { afterAll, describe, expect, test } from 'bun:test';
import { type Child, startCli } from '../support/children.ts';
import { sampleOf, samplesOf } from '../support/exposition.ts';
import { isRunning } from '../support/fault_rig.ts';
import { testDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';

const { url: databaseUrl } = await testDatabase();
const receiver = await startReceiver();
afterAll(() => receiver.stop());
const env = {
  DATABASE_URL: databaseUrl,
  ENVIRONMENT: 'development',
  API_PORT: '0',
  DB_POOL_MAX: '8',
  DB_POOL_MIN: '2',
};
const two = await startCli(['serve'], {
  ready: /"serving"[^\n]*"url":"(http:[^"]+)"/,
  env: { ...env, API_WORKERS: '2', SELF_WATCH_SECONDS: '0' },
});
afterAll(() => two.stop());

/** Over a connection of its own, which leads to one of the processes by chance. */
async function send(path: string, body?: unknown, origin = two.ready[1]) {
  const response = await fetch(origin + path, {
    method: body === undefined ? 'GET' : 'POST',
    keepalive: false,
    headers: { connection: 'close', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
const scrape = async (origin?: string) => samplesOf((await send('/metrics', undefined, origin)).text);
const pidsOf = ({ output }: Child) =>
  [...output().matchAll(/"process ready"[^\n]*"pid":(\d+)/g)].map(([, pid]) => Number(pid)).filter(isRunning);
const tenants = { method: 'GET', route: '/api/v1/tenants' };
const countOf = async (labels = tenants) => sampleOf(await scrape(), 'tocsin_http_requests_total', labels) ?? 0;

describe('two processes', () => {
  test('tell the same, the sum of both, whichever is asked', async () => {
    const before = await countOf();
    for (let i = 0; i < 40; i++) await send('/api/v1/tenants');
    for (let i = 0; i < 8; i++) expect(await countOf()).toBe(before + 40);
    expect(sampleOf(await scrape(), 'tocsin_processes')).toBe(2);
    expect(sampleOf(await scrape(), 'tocsin_db_pool_size', { pool: 'api' })).toBe(8);
    expect(sampleOf(await scrape(), 'tocsin_process_resident_memory_bytes')).toBeGreaterThan(50_000_000);
  });

  test('have caches of their own, of which each tells together', async () => {
    const readStats = async () => JSON.parse((await send('/api/v1/cache/stats')).text);
    for (let i = 0; i < 20; i++) await send('/api/v1/webhooks');
    for (let i = 0; i < 6; i++) {
      // Beside these, each process reads up to six pages after its start, before anybody asks: so wait until both rest.
      const { stats, samples } = await until(async () => {
        const [before, seen, after] = [await readStats(), await scrape(), await readStats()];
        return before.total_requests === after.total_requests ? { stats: after, samples: seen } : undefined;
      });
      expect(stats.total_requests).toBeWithin(20, 20 + 2 * 6 + 1);
      expect(sampleOf(samples, 'tocsin_cache_requests_total')).toBe(stats.total_requests);
      expect(sampleOf(samples, 'tocsin_cache_requests_total', { result: 'l1' })).toBe(stats.l1.hits);
      expect(stats.max_size_bytes).toBe(2 * 128 * 1024 * 1024);
    }
  });

  test('count what they deliver, and how late it was', async () => {
    const webhook = { name: 'metered', url: `${receiver.url}/metered`, events: ['metered'] };
    expect((await send('/api/v1/webhooks', webhook)).status).toBe(201);
    for (let i = 0; i < 20; i++) await send('/api/v1/alerts', { message: 'x', alert_type: 'metered' });
    const samples = await until(async () => {
      const seen = await scrape();
      return sampleOf(seen, 'tocsin_recorded_results_total') === 20 ? seen : undefined;
    });
    const delivered = { outcome: 'delivered', attempt: 'first', source: 'user' };
    expect(sampleOf(samples, 'tocsin_deliveries_total', delivered)).toBe(20);
    expect(sampleOf(samples, 'tocsin_deliveries_total')).toBe(20);
    expect(sampleOf(samples, 'tocsin_delivery_latency_seconds_count', { attempt: 'first' })).toBe(20);
    expect(sampleOf(samples, 'tocsin_claimed_deliveries_total')).toBe(20);
    expect(sampleOf(samples, 'tocsin_late_results_total')).toBe(0);
    expect(sampleOf(samples, 'tocsin_db_calls_total', { call: 'create_webhook' })).toBe(1);
    expect(sampleOf(samples, 'tocsin_db_call_errors_total', { call: 'create_webhook' })).toBeUndefined();
  });

  test('count the sockets that are open, and how they end', async () => {
    const socket = new WebSocket(`${two.ready[1]?.replace('http', 'ws')}/api/v1/ws/alerts`);
    await until(async () => sampleOf(await scrape(), 'tocsin_websocket_connections') === 1);
    socket.close();
    await until(async () => sampleOf(await scrape(), 'tocsin_websocket_connections') === 0);
    const samples = await scrape();
    expect(sampleOf(samples, 'tocsin_websocket_connects_total')).toBe(1);
    expect(sampleOf(samples, 'tocsin_websocket_disconnects_total', { reason: 'goodbye' })).toBe(1);
    expect(sampleOf(samples, 'tocsin_websocket_messages_total')).toBeGreaterThan(0);
  });

  test('forget no count when one of them is killed, and what it held', async () => {
    const before = await countOf();
    const [victim = 0] = pidsOf(two);
    process.kill(victim, 'SIGKILL');
    await until(() => !isRunning(victim));
    await until(async () => pidsOf(two).length === 2 && sampleOf(await scrape(), 'tocsin_processes') === 2, {
      timeoutMs: 20_000,
    });
    expect(await countOf()).toBe(before);
    for (let i = 0; i < 10; i++) await send('/api/v1/tenants');
    expect(await countOf()).toBe(before + 10);
    expect(sampleOf(await scrape(), 'tocsin_websocket_connections')).toBe(0);
  }, 30_000);
});

test('a worker alone tells of itself on METRICS_PORT', async () => {
  const worker = await startCli(['work'], {
    ready: /"serving metrics"[^\n]*"url":"(http:[^"]+)"/,
    env: { ...env, METRICS_PORT: '0' },
  });
  const origin = worker.ready[1];
  const samples = await scrape(origin);
  expect(sampleOf(samples, 'tocsin_workers')).toBeGreaterThanOrEqual(3);
  expect(sampleOf(samples, 'tocsin_processes')).toBe(1);
  expect(sampleOf(samples, 'tocsin_db_pool_size', { pool: 'worker' })).toBe(4);
  expect((await send('/health/ready', undefined, origin)).status).toBe(200);
  expect((await send('/api/v1/webhooks', undefined, origin)).status).toBe(404);
  expect(await worker.stop()).toBe(0);
});
