// Ordered webhooks: one at a time over all workers, in the order of raising, through failures, crashes and parking.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  makeWebhook,
  makeWorker,
  openTransaction,
  raise,
  raiseMany,
  record,
  silence,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 8 });
const workers = makeApi(sql).workers;
const maintain = () => workers.run_maintenance();
beforeEach(() => startOver(sql));

/** Claims the one delivery that an ordered webhook gives, and expects that there is no second. */
async function claimOne(worker?: number): Promise<Delivery> {
  const deliveries = await claim(sql, worker === undefined ? {} : { worker });
  expect(deliveries).toHaveLength(1);
  expect(await claim(sql)).toEqual([]);
  return deliveries[0] as Delivery;
}
const unblock = (webhookId: number) =>
  sql`update tocsin_data.webhook_lanes set blocked_until = null where webhook_id = ${webhookId}`;
/** When the deliveries that wait in the lane would be served, earliest first. */
const wasRaisedInOrder = async () => {
  const rows = await sql<{ n: number }[]>`
    select substr(a.message, 2)::int as n from tocsin_data.alert_delivery_queue q
      join tocsin_data.alerts a on a.alert_id = q.alert_id order by q.webhook_id, q.due_at, q.delivery_id`;
  return rows.every((row, i) => i === 0 || row.n > (rows[i - 1] as { n: number }).n);
};

describe('an ordered webhook', () => {
  test('gets one at a time in the order of raising, whoever claims', async () => {
    await makeWebhook(sql, { ordered: true });
    const alerts = await raiseMany(sql, 30);
    const got: number[] = [];
    const turns = Array.from({ length: 4 }, async () => {
      const worker = await makeWorker(sql);
      while (got.length < 30) {
        const deliveries = await claim(sql, { worker });
        expect(deliveries.length).toBeLessThanOrEqual(1);
        got.push(...deliveries.map(({ alertId }) => alertId));
        await record(sql, deliveries, 200, { worker });
      }
    });
    await Promise.all(turns);
    expect(got).toEqual(alerts);
  });

  test('stays in the order of raising where the numbers within an id start again', async () => {
    await makeWebhook(sql, { ordered: true });
    for (let round = 0; round < 25; round++) {
      await sql`select setval('tocsin_data.id_seq', ${8192 * (round + 10) - 9})`;
      await sql`do $$ begin for i in 1..12 loop perform tocsin.raise_alert('test', 'm' || i); end loop; end $$`;
      expect(await wasRaisedInOrder()).toBeTrue();
      await sql`truncate tocsin_data.alert_delivery_queue`;
    }
    await sql`select setval('tocsin_data.id_seq', ${8192 * 40 - 9})`;
    await raiseMany(sql, 1500);
    expect(await wasRaisedInOrder()).toBeTrue();
  });

  test('is skipped while the claim of another is not committed', async () => {
    await makeWebhook(sql, { ordered: true });
    await raiseMany(sql, 2);
    await using session = await openTransaction(sql);
    expect(await claim(session.sql)).toHaveLength(1);
    expect(await claim(sql)).toEqual([]);
    await session.commit();
    await session[Symbol.asyncDispose]();
    expect(await claim(sql)).toEqual([]);
  });

  test('tries the same delivery again, and nothing else meanwhile, until it succeeds or is given up', async () => {
    const webhook = await makeWebhook(sql, { ordered: true, retry_policy: { max_retries: 2 } });
    const [first, second] = await raiseMany(sql, 2);
    for (let attempt = 1; attempt <= 3; attempt++) {
      const delivery = await claimOne();
      expect(delivery).toMatchObject({ alertId: first, attempt });
      await record(sql, [delivery], 500);
      if (attempt === 3) break;
      expect(await claim(sql)).toEqual([]);
      await unblock(webhook);
    }
    expect(await claimOne()).toMatchObject({ alertId: second, attempt: 1 });
    const [last] =
      await sql`select status, attempt from tocsin_data.alert_delivery_log where alert_id = ${first as number}
      order by attempt desc limit 1`;
    expect(last).toEqual({ status: 'failed', attempt: 3 });
  });

  test('waits a long retry out in the parking place, and keeps its order when more is raised meanwhile', async () => {
    const webhook = await makeWebhook(sql, { ordered: true, retry_policy: { schedule: [3600] } });
    const early = await raiseMany(sql, 3);
    await record(sql, [await claimOne()], 500);
    expect(await maintain()).toMatchObject({ parked: 3 });
    const late = await raiseMany(sql, 2);
    await unblock(webhook);
    // The lane is open again, but only what was raised late is in the queue.
    expect(await claim(sql)).toEqual([]);
    await maintain();
    const got: number[] = [];
    for (let n = 0; n < 5; n++) {
      const delivery = await claimOne();
      got.push(delivery.alertId);
      await record(sql, [delivery]);
    }
    expect(got).toEqual([...early, ...late]);
  });

  test('is not served while its older deliveries are being parked or brought back', async () => {
    const webhook = await makeWebhook(sql, { ordered: true });
    const [first] = await raiseMany(sql, 3);
    await sql`update tocsin_data.webhook_lanes set blocked_until = now() + interval '1 hour' where webhook_id = ${webhook}`;
    await using parking = await openTransaction(sql);
    await makeApi(parking.sql).workers.run_maintenance();
    await raiseMany(sql, 2);
    await parking.commit();
    await unblock(webhook);
    await parking.begin();
    expect(await makeApi(parking.sql).workers.run_maintenance()).toMatchObject({ unparked: 3 });
    await sql`select 1`;
    expect(await claim(sql)).toEqual([]);
    await parking.commit();
    await parking[Symbol.asyncDispose]();
    expect((await claimOne()).alertId).toBe(first as number);
  });
});

describe('the lane is free again', () => {
  test('after recording, together with the claim in the same round trip', async () => {
    await makeWebhook(sql, { ordered: true });
    const [, second] = await raiseMany(sql, 2);
    const d = await claimOne();
    const row = await workers.record_and_claim({
      p_lease_ids: [d.leaseId],
      p_delivery_ids: [d.deliveryId],
      p_alert_ids: [d.alertId],
      p_webhook_ids: [d.webhookId],
      p_attempts: [d.attempt],
      p_outcomes: ['delivered'],
      p_status_codes: [200],
      p_response_ms: [1],
      p_errors: [null],
      p_response_bodies: [null],
      p_retry_after_seconds: [null],
      p_closed_lease_ids: [d.leaseId],
      p_worker_id: await makeWorker(sql),
      p_limit: 10,
      p_lease_ms: 60_000,
      p_after_webhook_id: 0,
      p_buckets: null,
      p_overdue_ms: 0,
      p_busy_webhook_ids: [],
      p_busy_counts: [],
    });
    expect(row).toMatchObject({ recorded: 1, alert_ids: String(second) });
  });

  test('after the lease of a dead worker was reaped, and what it had comes first', async () => {
    await makeWebhook(sql, { ordered: true });
    const [first, second] = await raiseMany(sql, 2);
    const worker = await makeWorker(sql);
    await claimOne(worker);
    await silence(sql, worker);
    expect(await workers.reap_leases()).toBe(1);
    const again = await claimOne();
    expect(again.alertId).toBe(first as number);
    await record(sql, [again]);
    expect((await claimOne()).alertId).toBe(second as number);
  });

  test('not by the clock alone: an expired lease must be put back first', async () => {
    await makeWebhook(sql, { ordered: true });
    const [first] = await raiseMany(sql, 2);
    await claimOne();
    await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
    await sql`update tocsin_data.webhook_lanes set busy_until = now() - interval '1 second'`;
    expect(await claim(sql)).toEqual([]);
    expect(await workers.reap_leases()).toBe(1);
    expect((await claimOne()).alertId).toBe(first as number);
  });

  test('after a worker released what it had claimed', async () => {
    await makeWebhook(sql, { ordered: true });
    const [first] = await raiseMany(sql, 2);
    const worker = await makeWorker(sql);
    await claimOne(worker);
    expect(await workers.release_leases({ p_worker_id: worker })).toBe(1);
    expect((await claimOne()).alertId).toBe(first as number);
  });

  test('not by the late result of a worker whose lease was given away', async () => {
    await makeWebhook(sql, { ordered: true });
    await raiseMany(sql, 2);
    const [slow, quick] = [await makeWorker(sql), await makeWorker(sql)];
    const stale = await claimOne(slow);
    await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
    await workers.reap_leases();
    await claimOne(quick);
    expect(await record(sql, [stale], 200, { worker: slow })).toEqual({ recorded: 0, late: 1 });
    expect(await claim(sql)).toEqual([]);
  });

  test('when nothing waits, so that the next alert goes at once', async () => {
    await makeWebhook(sql, { ordered: true });
    await raise(sql);
    await record(sql, [await claimOne()]);
    await raise(sql);
    await claimOne();
  });
});
