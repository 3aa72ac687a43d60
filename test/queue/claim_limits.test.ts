// Limits: in flight per webhook and worker, and the rate, which no second may exceed whoever claims.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import {
  claim,
  claimRow,
  makeWebhook,
  makeWebhooks,
  makeWorker,
  openTransaction,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 8 });
beforeEach(() => startOver(sql));

/** Claims from bursts to rests on a clock of its own, as eagerly as the lane allows; the most that any second saw. */
async function simulateClaims(
  webhookId: number,
  rate: number,
): Promise<{ most: number; total: number; seconds: number }> {
  return sql.begin(async (tx) => {
    await tx.unsafe(`
      create or replace function pg_temp.simulate(p_id integer, p_rate real, out most integer, out total integer, out seconds real)
      language plpgsql as $$
      declare
        v_at timestamptz := '2030-01-01'; v_slots integer; v_ats timestamptz[] := '{}'; v_counts integer[] := '{}';
        v_lease tocsin_data.alert_delivery_leases;
      begin
        for i in 1..1200 loop
          v_at := v_at + interval '1 s' / p_rate * (case when random() < 0.7 then 0.02 when random() < 0.8 then 0.7 else 1.3 end);
          select s.slots into v_slots from tocsin_internal.lock_special_lanes(array[p_id], v_at) s;
          continue when v_slots = 0;
          v_lease.claimed_at := v_at;
          v_lease.webhook_ids := array_fill(p_id, array[v_slots]);
          v_lease.delivery_ids := array_fill(1::bigint, array[v_slots]);
          perform tocsin_internal.charge_special_lanes(array[p_id], v_lease);
          v_ats := v_ats || v_at; v_counts := v_counts || v_slots;
        end loop;
        select max(w.n), sum(s.n) into most, total from unnest(v_ats, v_counts) as s(at, n) cross join lateral (
          select sum(o.n) as n from unnest(v_ats, v_counts) as o(at, n) where o.at >= s.at and o.at < s.at + interval '1 second') w;
        seconds := extract(epoch from v_at - timestamptz '2030-01-01');
      end $$`);
    const [row] = await tx`select most, total, seconds from pg_temp.simulate(${webhookId}, ${rate}::real)`;
    return row as { most: number; total: number; seconds: number };
  });
}

describe('max_in_flight', () => {
  test('leaves a webhook what its worker has in flight less, and what others have does not count', async () => {
    const [narrow, wide] = (await makeWebhooks(sql, 2, { max_in_flight: 4 })) as [number, number];
    await sql`update tocsin_data.webhooks set max_in_flight = 50 where webhook_id = ${wide}`;
    await raiseMany(sql, 40);
    const counts = (deliveries: Delivery[]) =>
      [narrow, wide].map((id) => deliveries.filter((d) => d.webhookId === id).length);
    expect(counts(await claim(sql, { limit: 40, busy: { [narrow]: 3 } }))).toEqual([1, 20]);
    expect(counts(await claim(sql, { limit: 40, busy: { [narrow]: 4, [wide]: 45 } }))).toEqual([0, 5]);
    expect(counts(await claim(sql, { limit: 10 }))).toEqual([4, 5]);
  });

  test('that is lowered below what is in flight stops the webhook without harm', async () => {
    const webhook = await makeWebhook(sql, { max_in_flight: 5 });
    await raiseMany(sql, 10);
    await claim(sql);
    await sql`update tocsin_data.webhooks set max_in_flight = 2 where webhook_id = ${webhook}`;
    expect(await claim(sql, { busy: { [webhook]: 5 } })).toEqual([]);
    expect(await claim(sql, { busy: { [webhook]: 1 } })).toHaveLength(1);
  });
});

describe('rate_limit_per_second', () => {
  /** Moves the clock of a webhook's rate on, instead of waiting. */
  const passMs = (ms: number) =>
    sql`update tocsin_data.webhook_lanes set rate_next_at = rate_next_at - ${ms} * interval '1 ms'`;
  /** Most deliveries that any second saw, by the time of their claims. */
  const mostInOneSecond = async () => {
    const [row] = await sql<{ most: number }[]>`
      with claims as (select l.claimed_at, cardinality(l.delivery_ids) as n from tocsin_data.alert_delivery_leases l)
      select max(w.n)::int as most from claims c cross join lateral (
        select sum(o.n) as n from claims o
         where o.claimed_at >= c.claimed_at and o.claimed_at < c.claimed_at + interval '1 second') w`;
    return row?.most ?? 0;
  };

  test('gives a slow webhook one at a time, at even distances', async () => {
    await makeWebhook(sql, { rate_limit_per_second: 0.1 });
    await raiseMany(sql, 10);
    expect(await claim(sql)).toHaveLength(1);
    const row = await claimRow(sql);
    expect(row.lease_id).toBeNull();
    expect(row.next_ready_ms).toBeWithin(1, 10_001);
    await passMs(10_000);
    expect(await claim(sql)).toHaveLength(1);
  });

  test.each([0.5, 1, 3, 7.5, 19, 20, 33, 250, 4000])(
    'of %d is never exceeded in any second of a thousand claims at random times, and made use of',
    async (rate) => {
      const webhook = await makeWebhook(sql, { rate_limit_per_second: rate });
      const { most, total, seconds } = await simulateClaims(webhook, rate);
      expect(most).toBeWithin(1, Math.ceil(rate) + 1);
      expect(total).toBeWithin(rate * seconds * 0.6, rate * (seconds + 0.1) + 2);
    },
  );

  test('is never exceeded in any second, though five workers claim all the time', async () => {
    await makeWebhook(sql, { rate_limit_per_second: 40, max_in_flight: 1000 });
    await raiseMany(sql, 200);
    const end = performance.now() + 1_300;
    const keepClaiming = async () => {
      const worker = await makeWorker(sql);
      while (performance.now() < end) await claim(sql, { worker });
    };
    await Promise.all(Array.from({ length: 5 }, keepClaiming));
    expect(await mostInOneSecond()).toBeWithin(30, 41);
  });

  test('is not charged for a claim that rolls back, and a claim in an open transaction makes others skip the webhook', async () => {
    await makeWebhook(sql, { rate_limit_per_second: 0.1 });
    await raiseMany(sql, 3);
    await using session = await openTransaction(sql);
    expect(await claim(session.sql)).toHaveLength(1);
    expect(await claim(sql)).toEqual([]);
    await session[Symbol.asyncDispose]();
    expect(await claim(sql)).toHaveLength(1);
    expect(await claim(sql)).toEqual([]);
  });

  test('goes together with max_in_flight, and other webhooks do not suffer', async () => {
    const limited = await makeWebhook(sql, { rate_limit_per_second: 200, max_in_flight: 3 });
    const free = await makeWebhook(sql, { max_in_flight: 1000 });
    await raiseMany(sql, 50);
    const deliveries = await claim(sql, { limit: 40 });
    expect(deliveries.filter((d) => d.webhookId === limited)).toHaveLength(3);
    expect(deliveries.filter((d) => d.webhookId === free)).toHaveLength(20);
    await record(sql, deliveries);
    await until(async () => (await claim(sql, { limit: 2 })).some((d) => d.webhookId === limited));
  });
});
