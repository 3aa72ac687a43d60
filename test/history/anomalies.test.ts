// Anomalies: what is injected is found and explained; daily rhythms and small samples are left alone.
import { beforeEach, describe, expect, test } from 'bun:test';
import { forgetHistory } from '../support/history.ts';
import { type Simulation, storeSimulation } from '../support/history_simulation.ts';
import { testDatabase } from '../support/postgres.ts';
import { makeSteady, until } from '../support/steady_history.ts';

const { sql } = await testDatabase({ max: 2 });
const hourMs = 3_600_000;
const minuteMs = 60_000;

interface Anomaly {
  kind: string;
  webhook_id: number | null;
  alert_type: string | null;
  severity: string;
  observed: number;
  expected: number;
  unit: string;
  deviation: number;
  sample_size: number;
  past_sample_size: number;
  past_periods: number;
  compared_with: string;
  since: Date;
  description: string;
}

beforeEach(async () => {
  await sql`truncate tocsin_data.webhooks restart identity cascade`;
  await forgetHistory(sql);
});

async function store(simulation: Simulation, webhooks: number): Promise<void> {
  await sql`insert into tocsin_data.webhooks (tenant_id, name, url, events)
    select 1, 'w' || i, 'https://receiver.test/', '{none}' from generate_series(1, ${webhooks}::integer) as i`;
  await storeSimulation(sql, simulation);
}

const find = async (at: number, windowSeconds = 3600): Promise<Anomaly[]> => [
  ...(await sql<Anomaly[]>`select * from tocsin_internal.find_anomalies(1, ${windowSeconds}, ${new Date(at)})`),
];
describe('a webhook', () => {
  test('that begins to fail is found, with the figures that say so', async () => {
    const start = until - 55 * minuteMs;
    await store(
      makeSteady({ failed: (at) => (at >= start ? 15 : at < until - 2 * hourMs && at % 7 === 0 ? 1 : 0) }),
      1,
    );
    const [anomaly, ...others] = await find(until);
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({
      kind: 'failure_rate',
      webhook_id: 1,
      alert_type: null,
      severity: 'CRITICAL',
      unit: 'percent',
    });
    expect(anomaly?.observed).toBeCloseTo(27.5, -1);
    expect(anomaly?.expected).toBeLessThan(1);
    expect(anomaly?.deviation).toBeGreaterThan(15);
    expect(anomaly?.since).toEqual(new Date(start));
    expect(anomaly?.sample_size).toBeGreaterThan(500);
    expect(anomaly?.past_periods).toBeGreaterThanOrEqual(5);
    expect(anomaly?.past_sample_size).toBeGreaterThan(4_000);
    expect(anomaly?.description).toMatch(
      /^[\d.]+ % of \d+ attempts in the last 60 minutes failed, mostly since \d\d:\d\d UTC; usually [\d.]+ % do\.$/,
    );
    // A minute after it began there is not enough to be sure; a quarter of an hour later there is.
    expect(await find(start)).toEqual([]);
    expect(await find(start + 15 * minuteMs)).toHaveLength(1);
  }, 60_000);

  test('that becomes slow is found, in part or as a whole', async () => {
    const start = until - 30 * minuteMs;
    await store(makeSteady({ ms: (at) => (at >= start ? 400 : 20) }), 1);
    const [anomaly, ...others] = await find(until);
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({
      kind: 'latency',
      webhook_id: 1,
      severity: 'CRITICAL',
      expected: 0,
      since: new Date(start),
    });
    expect(anomaly?.description).toMatch(
      /^[\d.]+ % of \d+ deliveries in the last 60 minutes took 108 ms or longer, mostly since/,
    );
  }, 60_000);

  test('that is fast enough for anybody is not called slow, nor one that always was', async () => {
    await store(makeSteady({ ms: (at) => (at >= until - hourMs ? 80 : 5) }), 1);
    expect(await find(until)).toEqual([]);
    await forgetHistory(sql);
    await storeSimulation(sql, makeSteady({ ms: (at) => (at >= until - hourMs ? 3_300 : 2_900) }));
    expect(await find(until)).toEqual([]);
  }, 60_000);

  test('that fails every day at this time is left alone, and found when it does so at another', async () => {
    const atThisTime = (at: number) => (until - at) % (24 * hourMs) <= hourMs && at < until;
    await store(makeSteady({ failed: (at) => (atThisTime(at) ? 10 : 0) }), 1);
    expect(await find(until)).toEqual([]);
    await forgetHistory(sql);
    await storeSimulation(
      sql,
      makeSteady({ failed: (at) => (atThisTime(at + 6 * hourMs) || at >= until - hourMs ? 10 : 0) }),
    );
    expect((await find(until)).map(({ kind }) => kind)).toEqual(['failure_rate']);
  }, 60_000);

  test('that was down yesterday is found again when it is down today', async () => {
    const isDown = (at: number) => at >= until - hourMs || (at >= until - 20 * hourMs && at < until - 18 * hourMs);
    await store(makeSteady({ failed: (at) => (isDown(at) ? 50 : 0) }), 1);
    expect((await find(until)).map(({ kind, severity }) => [kind, severity])).toEqual([['failure_rate', 'CRITICAL']]);
  }, 60_000);

  test('of which little is known is not judged', async () => {
    const failing = (at: number) => (at >= until - hourMs ? 25 : 0);
    const young = makeSteady({ failed: failing });
    await store({ ...young, periods: young.periods.filter(({ at }) => at >= until - 5 * hourMs) }, 1);
    expect(await find(until)).toEqual([]);
    await forgetHistory(sql);
    await storeSimulation(
      sql,
      makeSteady({ attempts: (at) => (at % hourMs === 0 ? 9 : 0), failed: (at) => failing(at) && 9 }),
    );
    expect(await find(until)).toEqual([]);
  }, 60_000);
});

describe('an alert type', () => {
  test.each([
    ['comes five times as often', 100, 'WARNING'],
    ['falls silent', 0, 'WARNING'],
    ['comes two and a half times as often', 50, 'INFO'],
  ] as const)(
    'that %s is found',
    async (_, alerts, severity) => {
      const start = until - hourMs;
      await store(makeSteady({ alerts: (at, usual) => (at >= start ? alerts : usual + (at % 3) - 1) }), 1);
      const [anomaly, ...others] = await find(until);
      expect(others).toEqual([]);
      expect(anomaly).toMatchObject({
        kind: 'volume',
        alert_type: 'order.paid',
        webhook_id: null,
        severity,
        observed: alerts * 12,
        unit: 'alerts',
        since: new Date(start),
      });
      expect(anomaly?.expected).toBeWithin(220, 250);
      expect(Math.sign(anomaly?.deviation ?? 0)).toBe(alerts > 20 ? 1 : -1);
      expect(anomaly?.description).toStartWith(
        `${alerts * 12} alerts of this type in 60 minutes, a change that began about`,
      );
    },
    60_000,
  );

  test('that comes in a batch every day at this time is left alone', async () => {
    const inBatch = (at: number) => (until - at) % (24 * hourMs) <= hourMs && at < until;
    await store(makeSteady({ alerts: (at) => (inBatch(at) ? 500 : 0) }), 1);
    expect(await find(until)).toEqual([]);
  }, 60_000);

  test('that is half as frequent as it was, or not counted yet, is not called sudden', async () => {
    await store(makeSteady({ alerts: (at, usual) => (at >= until - hourMs ? 12 : usual) }), 1);
    expect(await find(until)).toEqual([]);
    await sql`update tocsin_data.alert_type_counts set alerts = 500 where starts_at >= ${new Date(until - 5 * minuteMs)}`;
    await sql`update tocsin_data.history_state set counted_before_id = tocsin_internal.id_at(${new Date(until - minuteMs)})`;
    expect(await find(until)).toEqual([]);
  }, 60_000);
});

describe('list_anomalies', () => {
  test('answers for now, and refuses windows that it cannot compare', async () => {
    // What lies after now is not looked at.
    const nextHour = Math.ceil(Date.now() / hourMs) * hourMs;
    await store(makeSteady({ failed: (at) => (at >= Date.now() - 40 * minuteMs ? 20 : 0) }, nextHour), 1);
    const [anomaly] = await sql<Anomaly[]>`select * from tocsin.list_anomalies(1)`;
    expect(anomaly).toMatchObject({ kind: 'failure_rate', webhook_id: 1, webhook_name: 'w1' } as never);
    expect([...(await sql`select * from tocsin.list_anomalies(2)`)]).toEqual([]);
    for (const seconds of [299, 86_401, null]) {
      const refused = await sql`select * from tocsin.list_anomalies(1, ${seconds}::integer)`.catch((error) => error);
      expect(refused).toMatchObject({ code: 'INVLD', column_name: '/window_seconds' });
    }
  }, 60_000);
});
