// Claiming: every delivery to exactly one claimer, whoever else is at it, and what buckets, sweeps and cursors leave out.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  claimRow,
  countPlaces,
  makeWebhook,
  makeWebhooks,
  makeWorker,
  openTransaction,
  raise,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 16 });
beforeEach(() => startOver(sql));

const idsOf = (deliveries: { deliveryId: number }[]) => deliveries.map(({ deliveryId }) => deliveryId);
const ascending = (ids: number[]) => [...ids].sort((a, b) => a - b);
const queued = async () =>
  (await sql`select delivery_id from tocsin_data.alert_delivery_queue order by 1`).map((row) => row.delivery_id);

describe('a delivery', () => {
  test('is claimed once by eight sessions whose transactions overlap', async () => {
    await makeWebhooks(sql, 20, { max_in_flight: 1000 });
    await raiseMany(sql, 50);
    const all = await queued();
    expect(all).toHaveLength(1000);
    const sessions = await Promise.all(Array.from({ length: 8 }, () => openTransaction(sql)));
    const claimed: number[] = [];
    // Nobody commits before everybody has claimed, round after round, so every claim runs into the locks of the others.
    for (let round = 0; claimed.length < 1000 && round < 40; round++) {
      const batches = await Promise.all(sessions.map((session) => claim(session.sql, { limit: 37 })));
      claimed.push(...batches.flatMap(idsOf));
    }
    await Promise.all(sessions.map((session) => session.commit()));
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
    expect(ascending(claimed)).toEqual(all);
    expect(await countPlaces(sql)).toEqual({ leased: 1000 });
  });

  test('is claimed once by sessions that commit and claim as fast as they can', async () => {
    await makeWebhooks(sql, 30, { max_in_flight: 1000 });
    await raiseMany(sql, 100);
    const all = await queued();
    const claimAll = async () => {
      const mine: number[] = [];
      for (let empty = 0, after = 0; empty < 3; ) {
        const row = await claimRow(sql, { limit: 50, after });
        after = row.next_after_webhook_id;
        const ids = (row.delivery_ids ?? '').split(',').filter(Boolean).map(Number);
        mine.push(...ids);
        if (ids.length === 0) empty++;
      }
      return mine;
    };
    const claimed = await Promise.all(Array.from({ length: 6 }, claimAll));
    expect(ascending(claimed.flat())).toEqual(all);
  });

  test('whose claim is rolled back is claimed by the next', async () => {
    await makeWebhook(sql);
    await raise(sql);
    await using session = await openTransaction(sql);
    const [taken] = await claim(session.sql);
    expect(await claim(sql)).toEqual([]);
    await session[Symbol.asyncDispose]();
    const [again] = await claim(sql);
    expect(again?.deliveryId).toBe(taken?.deliveryId as number);
  });

  test('that is raised in an open transaction is not claimed, and one that is due later waits', async () => {
    await makeWebhook(sql);
    await using session = await openTransaction(sql);
    await raise(session.sql);
    expect(await claim(sql)).toEqual([]);
    await session.commit();
    await session[Symbol.asyncDispose]();
    await sql`update tocsin_data.alert_delivery_queue set due_at = now() + interval '30 seconds'`;
    const row = await claimRow(sql);
    expect(row.lease_id).toBeNull();
    expect(row.next_ready_ms).toBeWithin(29_000, 30_001);
  });

  test('comes with its payload, its webhook and the version that a change of the webhook raises', async () => {
    const webhookId = await makeWebhook(sql);
    const alertId = await raise(sql, { p_message: 'Grüße, \u001e und "so"' });
    await sql`update tocsin_data.webhooks set url = 'https://receiver.test/2' where webhook_id = ${webhookId}`;
    const [delivery] = await claim(sql);
    expect(delivery).toMatchObject({ alertId, webhookId, attempt: 1, version: 2 });
    expect(JSON.parse(delivery?.body ?? '').data.message).toBe('Grüße, \u001e und "so"');
  });
});

describe('a claim for some buckets', () => {
  // Ids that a sequence does not reach: bucket 5 and bucket 6.
  const bucketFive = [1_000_005, 1_000_069, 1_000_133];
  const bucketSix = [1_000_006, 1_000_070];

  beforeEach(async () => {
    for (const webhook_id of [...bucketFive, ...bucketSix]) await makeWebhook(sql, { webhook_id });
  });

  test('takes nothing of the others', async () => {
    await raise(sql);
    const claimed = await claim(sql, { buckets: [6, 9] });
    expect(ascending(claimed.map(({ webhookId }) => webhookId))).toEqual(bucketSix);
  });

  test('passes over a bucket of someone else in one step, however small the claim', async () => {
    await raise(sql);
    const served: number[] = [];
    for (let claims = 0, after = 0; claims < 4; claims++) {
      const row = await claimRow(sql, { buckets: [6], limit: 1, after });
      after = row.next_after_webhook_id;
      if (row.webhook_ids) served.push(Number(row.webhook_ids));
    }
    expect(served).toEqual(bucketSix);
  });

  test('sweeps what others left lying, only when it is overdue', async () => {
    await raise(sql);
    expect(await claim(sql, { overdueMs: 60_000 })).toEqual([]);
    await sql`update tocsin_data.alert_delivery_queue set due_at = due_at - interval '2 minutes' where bucket = 5`;
    const swept = await claim(sql, { overdueMs: 60_000 });
    expect(ascending(swept.map(({ webhookId }) => webhookId))).toEqual(bucketFive);
  });
});

describe('get_ready_deliveries', () => {
  const ready = (args?: object) => makeApi(sql).workers.get_ready_deliveries(args);

  test('gives what a sender needs, leased until it says, and not again', async () => {
    const webhookId = await makeWebhook(sql, { retry_policy: { max_retries: 4 } });
    const alertId = await raise(sql);
    const [delivery, ...others] = await ready({ p_lease_seconds: 60 });
    expect(others).toEqual([]);
    expect(delivery).toMatchObject({
      alert_id: alertId,
      webhook_id: webhookId,
      url: 'https://receiver.test/',
      retry_count: 0,
      max_retries: 4,
      attempt: 1,
    });
    expect(JSON.parse(delivery?.message_body ?? '').data.alert_id).toBe(alertId);
    expect(Date.parse(delivery?.lease_expires_at ?? '') - Date.now()).toBeWithin(50_000, 60_001);
    expect(await ready()).toEqual([]);
  });

  test('reaches every webhook though each asks for one and all have more', async () => {
    // All in one bucket, where a walk from its start would meet the first again and again.
    for (let n = 1; n <= 12; n++) await makeWebhook(sql, { webhook_id: n * 64, max_in_flight: 1000 });
    await raiseMany(sql, 60);
    const served = new Set<number>();
    for (let calls = 0; calls < 200 && served.size < 12; calls++) {
      for (const { webhook_id } of await ready({ p_limit: 1 })) served.add(webhook_id);
    }
    expect(served.size).toBe(12);
  });

  test('asks a worker to register first, for an unknown one would lose its leases at once', async () => {
    await makeWebhook(sql);
    await raise(sql);
    await expect(ready({ p_worker_id: 12345 })).rejects.toMatchObject({ code: 'NTFND' });
    const worker = await makeWorker(sql);
    expect(await ready({ p_worker_id: worker })).toHaveLength(1);
    expect(await makeApi(sql).workers.reap_leases()).toBe(0);
  });

  test('counts what is in flight for the worker and not what it has recorded of an open lease', async () => {
    await makeWebhook(sql, { max_in_flight: 3 });
    await raiseMany(sql, 9);
    const [one, other] = [await makeWorker(sql), await makeWorker(sql)];
    const first = await ready({ p_worker_id: one });
    expect(first).toHaveLength(3);
    expect(await ready({ p_worker_id: one })).toEqual([]);
    expect(await ready({ p_worker_id: other })).toHaveLength(3);
    const [done] = first.map((d) => ({
      leaseId: d.lease_id,
      deliveryId: d.delivery_id,
      alertId: d.alert_id,
      webhookId: d.webhook_id,
      attempt: d.attempt,
      version: 1,
      body: undefined,
    }));
    if (done) await record(sql, [done]);
    expect(await ready({ p_worker_id: one })).toHaveLength(1);
  });
});
