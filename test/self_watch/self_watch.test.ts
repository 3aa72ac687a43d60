// Tocsin watching itself, on a real database and in a real server: who watches, what is raised, and that it never goes in circles.
import { afterAll, describe, expect, test } from 'bun:test';
import { SelfWatch, type WatchCalls } from '../../src/cli/self_watch.ts';
import { LOOKS_TO_CHANGE } from '../../src/cli/watch_conditions.ts';
import { meterDeliver } from '../../src/delivery/metered.ts';
import { EXPIRED } from '../../src/delivery/outcome.ts';
import { makeApi } from '../../src/store/api.ts';
import { counters, statuses } from '../../src/store/meter_specs.ts';
import { Meters } from '../../src/store/meters.ts';
import { openSql } from '../../src/store/sql.ts';
import { startCli } from '../support/children.ts';
import { testDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';

const { url, sql } = await testDatabase();
const api = makeApi(sql);

/** A watcher with a connection of its own, as each has. */
function makeWatch(scope: string) {
  const own = openSql(url, { max: 1 });
  afterAll(() => own.end({ timeout: 1 }));
  const meters = new Meters();
  const watch = new SelfWatch({ calls: makeApi(own).system, scope, meters });
  const look = async (count: number, before: () => unknown = () => undefined) => {
    for (let i = 0; i < count; i++) {
      await before();
      await watch.look();
    }
  };
  return { meters, look, end: () => own.end({ timeout: 1 }) };
}
const alertsOf = async (alert_type: string) => {
  const alerts = await api.alerts.list_alerts({ p_tenant_id: 1, p_alert_type: alert_type });
  return alerts.map(({ severity, status, context }) => ({
    severity,
    status,
    state: (context as { state: string }).state,
  }));
};
const answer = (meters: Meters, status: string, count: number) => () =>
  meters.add(counters.requests, 3 * statuses.length + statuses.indexOf(status), count);

/** A worker that lives for as long as tests of other things run. */
const beat = () => api.workers.beat_worker({ p_worker_id: null, p_host: 'here', p_pid: 1 });
const { worker_id: firstWorkerId } = await beat();

describe('a condition of a server', () => {
  test('raises one alert on entering, and resolves it and says so on leaving', async () => {
    const { meters, look } = makeWatch('one');
    await look(LOOKS_TO_CHANGE + 5, answer(meters, '500', 50));
    expect(await alertsOf('tocsin.api_errors')).toEqual([
      { severity: 'CRITICAL', status: 'pending', state: 'entered' },
    ]);
    await look(LOOKS_TO_CHANGE + 40, answer(meters, '200', 1_000_000));
    expect(await alertsOf('tocsin.api_errors')).toEqual([
      { severity: 'INFO', status: 'pending', state: 'left' },
      { severity: 'CRITICAL', status: 'resolved', state: 'entered' },
    ]);
    expect(meters.total()[counters.watched.at]).toBe(1);
    expect(meters.total()[counters.watched.at + 1]).toBe(1);
  });

  test('is not raised again by a server that was started anew, which sees its end', async () => {
    const first = makeWatch('two');
    await first.look(LOOKS_TO_CHANGE + 1, answer(first.meters, '503', 50));
    const before = (await alertsOf('tocsin.api_errors')).length;
    const second = makeWatch('two');
    await second.look(3, answer(second.meters, '503', 50));
    expect(await alertsOf('tocsin.api_errors')).toHaveLength(before);
    const third = makeWatch('two');
    await third.look(LOOKS_TO_CHANGE);
    const [latest, ...others] = await alertsOf('tocsin.api_errors');
    expect(latest).toEqual({ severity: 'INFO', status: 'pending', state: 'left' });
    expect(others).toHaveLength(before);
  });
});

test('a report that is refused is made again at the next look, and keeps no other from being made', async () => {
  const made: string[] = [];
  let isRefused = true;
  const calls: WatchCalls = {
    watch_system: async () => ({
      is_leader: true,
      conditions: [],
      system_conditions: [],
      workers: 0,
      oldest_due_seconds: 0,
      tenants_near_queue_limit: 0,
    }),
    report_condition: async ({ p_alert_type }) => {
      if (isRefused && p_alert_type === 'tocsin.api_errors') throw new Error('refused');
      return made.push(p_alert_type);
    },
  };
  const meters = new Meters();
  const watch = new SelfWatch({ calls, scope: 'refused', meters });
  const look = () => {
    answer(meters, '500', 50)();
    return watch.look();
  };
  for (let i = 1; i < LOOKS_TO_CHANGE + 1; i++) await look().catch(() => undefined);
  await expect(look()).rejects.toThrow('refused');
  expect(made).toEqual(['tocsin.no_worker']);
  isRefused = false;
  await look();
  expect(made).toEqual(['tocsin.no_worker', 'tocsin.api_errors']);
});

describe('what is wrong with the whole', () => {
  test('is judged by one process, and by another when that one ends', async () => {
    await api.workers.remove_worker({ p_worker_id: firstWorkerId });
    const one = makeWatch('three');
    const other = makeWatch('four');
    // Watchers that other tests left still hold the lock: only one of all leads.
    await until(async () => {
      const leading = await sql`select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and objid = 7 and classid = 1953456995
          and database = (select oid from pg_database where datname = current_database())`;
      return leading.length === 0;
    });
    await one.look(LOOKS_TO_CHANGE);
    await other.look(LOOKS_TO_CHANGE);
    expect(await alertsOf('tocsin.no_worker')).toEqual([{ severity: 'CRITICAL', status: 'pending', state: 'entered' }]);
    const { worker_id: p_worker_id } = await beat();
    await other.look(LOOKS_TO_CHANGE + 1);
    expect(await alertsOf('tocsin.no_worker')).toHaveLength(1);
    await one.end();
    await until(async () => {
      await other.look(1);
      return (await alertsOf('tocsin.no_worker')).length === 2;
    });
    expect((await alertsOf('tocsin.no_worker'))[0]).toEqual({ severity: 'INFO', status: 'pending', state: 'left' });
    await api.workers.remove_worker({ p_worker_id });
  });
});

test('what becomes of alerts about Tocsin itself is not among what it watches', async () => {
  const { meters, look } = makeWatch('five');
  const deliver = meterDeliver(meters, async () => ({ ...EXPIRED, outcome: 'failed', response_ms: 1 }));
  const delivery = { leaseId: 1, deliveryId: 1, alertId: 1, webhookId: 1, attempt: 1, version: 1 };
  const own = '{"type":"tocsin.deliveries_failing","timestamp":"2026-01-01T00:00:00Z","data":{}}';
  const fail = (body: string) => async () => {
    for (let i = 0; i < 50; i++) await deliver({ ...delivery, body });
  };
  await look(LOOKS_TO_CHANGE + 2, fail(own));
  expect(await alertsOf('tocsin.deliveries_failing')).toEqual([]);
  await look(LOOKS_TO_CHANGE + 2, fail(own.replace('tocsin.', 'orders.')));
  expect(await alertsOf('tocsin.deliveries_failing')).toHaveLength(1);
});

test('a server whose deliveries fail says so, once, to whoever listens; failing to tell that raises nothing more', async () => {
  const { url: databaseUrl } = await testDatabase();
  const receiver = await startReceiver();
  afterAll(() => receiver.stop());
  receiver.on('/broken', { does: 'answer', status: 500 });
  receiver.on('/pager', { does: 'answer', status: 500 });
  const server = await startCli(['serve'], {
    ready: /"serving"[^\n]*"url":"(http:[^"]+)"/,
    env: {
      DATABASE_URL: databaseUrl,
      ENVIRONMENT: 'development',
      API_PORT: '0',
      DB_POOL_MAX: '5',
      DB_POOL_MIN: '1',
      SELF_WATCH_SECONDS: '1',
    },
  });
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.ready[1]}/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
  };
  // Each has a breaker of its own, which would end the attempts.
  for (let i = 0; i < 10; i++) {
    await post('/webhooks', { name: `broken ${i}`, url: `${receiver.url}/broken`, events: ['orders.*'] });
  }
  const retry_policy = { max_retries: 10, backoff_base: 1, max_backoff: 1 };
  await post('/webhooks', { name: 'pager', url: `${receiver.url}/pager`, events: ['tocsin.*'], retry_policy });
  await post('/webhooks', { name: 'slack', url: `${receiver.url}/slack`, events: ['tocsin.*'] });
  for (let i = 0; i < 4; i++) await post('/alerts', { message: 'x', alert_type: 'orders.lost' });
  const [told] = await receiver.waitFor(1, { path: '/slack', timeoutMs: 25_000 });
  const { type, data } = JSON.parse(String(told?.body));
  expect(type).toBe('tocsin.deliveries_failing');
  expect(data.severity).toBe('CRITICAL');
  expect(data.message).toMatch(/^100\.0 % of the attempts to deliver fail \(.+\)\.$/);
  expect(data.context).toMatchObject({ limit: 0.05, runbook: 'docs/OPERATIONS.md#tocsin_deliveries_failing' });
  await receiver.waitFor(3, { path: '/pager', timeoutMs: 25_000 });
  const [count] = await openOnce(databaseUrl);
  expect(count).toEqual({ alerts: 1 });
  expect(await server.stop()).toBe(0);
}, 60_000);

async function openOnce(databaseUrl: string) {
  const own = openSql(databaseUrl, { max: 1 });
  const rows = await own`select count(*)::integer as alerts from tocsin_data.alerts where alert_type like 'tocsin.%'`;
  await own.end({ timeout: 1 });
  return rows;
}
