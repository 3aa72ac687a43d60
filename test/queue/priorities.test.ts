// CRITICAL goes first, within a webhook and over all of them, and leaves the rest its share.
import { beforeEach, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import {
  claim,
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
import { makeApi } from '../../src/store/api.ts';

const { sql } = await testDatabase({ max: 4 });
beforeEach(() => startOver(sql));

/** Puts so many deliveries of no severity, due since an hour, into a lane. */
async function pileUp(webhookId: number, count: number): Promise<void> {
  await sql`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(d.id), d.id, d.id, ${webhookId}, 1, ${webhookId & 63}, 1
        from (select tocsin_internal.id_at(now() - interval '1 hour') + n as id from generate_series(1, ${count}::int) n) d`;
}

const raiseCritical = (alertType = 'test') => raise(sql, { p_alert_type: alertType, p_severity: 'CRITICAL' });
const alertsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ alertId }) => alertId);

async function whereUrgent(table: 'queue' | 'retries' | 'parked'): Promise<boolean[]> {
  const rows = await sql<{ is_urgent: boolean }[]>`
    select is_urgent from ${sql(`tocsin_data.alert_delivery_${table}`)} order by delivery_id`;
  return rows.map(({ is_urgent }) => is_urgent);
}

test('a CRITICAL alert behind 10,000 others of its webhook, and of thirty more, is in the first batch', async () => {
  for (const webhookId of await makeWebhooks(sql, 30, { events: ['none'], max_in_flight: 1000 }))
    await pileUp(webhookId, 50);
  const webhook = await makeWebhook(sql);
  await pileUp(webhook, 10_000);
  const critical = await raiseCritical();
  expect(alertsOf(await claim(sql, { limit: 12 }))).toContain(critical);
});

test('finding what is urgent reads none of the others, even by plans that were made while the queue was empty', async () => {
  const webhook = await makeWebhook(sql);
  await using session = await openTransaction(sql);
  for (let i = 0; i < 7; i++) expect(await claim(session.sql)).toEqual([]);
  await pileUp(webhook, 60_000);
  const critical = await raiseCritical();
  // Rows of the queue alone: a session whose caches were emptied reads thousands of blocks of the catalogue.
  const readSoFar = async () => {
    const [row] = await session.sql<{ rows: number }[]>`
      select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'alert_delivery_queue'`;
    return row?.rows ?? Number.NaN;
  };
  const before = await readSoFar();
  await session.sql`select from tocsin_internal.claim_urgent(10, null, now(), true, null, null)`;
  expect((await readSoFar()) - before).toBeWithin(1, 20);
  await session.rollback();
  expect(alertsOf(await claim(sql, { limit: 10 }))).toContain(critical);
});

test('of a batch and of each webhook CRITICAL takes three quarters, and the rest goes by age', async () => {
  const webhook = await makeWebhook(sql, { max_in_flight: 20 });
  const old = await raiseMany(sql, 30);
  const critical: number[] = [];
  for (let i = 0; i < 30; i++) critical.push(await raiseCritical());
  const batch = alertsOf(await claim(sql, { limit: 100 }));
  expect(batch.length).toBe(20);
  expect(batch.filter((id) => critical.includes(id)).sort()).toEqual(critical.slice(0, 15));
  expect(batch.filter((id) => old.includes(id)).sort()).toEqual(old.slice(0, 5));
  expect(await claim(sql, { busy: { [webhook]: 20 } })).toEqual([]);
});

test('a stream of CRITICAL does not starve the others, even where one delivery goes at a time', async () => {
  await makeWebhook(sql, { max_in_flight: 1 });
  const left = new Set(await raiseMany(sql, 4));
  let claims = 0;
  for (await raiseCritical(); left.size > 0 && claims < 300; claims++) {
    await raiseCritical();
    const batch = await claim(sql, { limit: 1 });
    expect(batch.length).toBe(1);
    for (const id of alertsOf(batch)) left.delete(id);
  }
  // Each claim has a chance of one in four: that four take 300 is less likely than that the machine fails.
  expect(left.size).toBe(0);
}, 60_000);

test('an ordered webhook gets what was raised first, however urgent what follows', async () => {
  await makeWebhook(sql, { ordered: true });
  const first = await raise(sql);
  const second = await raiseCritical();
  const third = await raise(sql);
  const got: number[] = [];
  for (let i = 0; i < 3; i++) {
    const batch = await claim(sql);
    got.push(...alertsOf(batch));
    await record(sql, batch);
  }
  expect(got).toEqual([first, second, third]);
});

test('rate limit and max_in_flight hold for both together', async () => {
  const narrow = await makeWebhook(sql, { events: ['narrow'], max_in_flight: 3 });
  const paced = await makeWebhook(sql, { events: ['paced'], rate_limit_per_second: 5, max_in_flight: 100 });
  const calm = await makeWebhook(sql, { events: ['calm'], rate_limit_per_second: 5, max_in_flight: 100 });
  for (const type of ['narrow', 'paced', 'calm']) await raiseMany(sql, 20, type);
  for (let i = 0; i < 20; i++) for (const type of ['narrow', 'paced']) await raiseCritical(type);
  const batch = [...(await claim(sql)), ...(await claim(sql, { busy: { [narrow]: 3 } }))];
  const count = (id: number) => batch.filter(({ webhookId }) => webhookId === id).length;
  expect(count(narrow)).toBe(3);
  expect(count(paced)).toBeLessThanOrEqual(count(calm));
});

test('what is urgent stays urgent when it is tried again, parked, put back or hastened', async () => {
  const webhook = await makeWebhook(sql, { retry_policy: { schedule: [1, 3600] } });
  await raise(sql);
  await raiseCritical();
  expect(await whereUrgent('queue')).toEqual([false, true]);
  await record(sql, await claim(sql), 500);
  expect(await whereUrgent('queue')).toEqual([false, true]);
  await sql`update tocsin_data.alert_delivery_queue set due_at = now() - interval '1 second'`;
  await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null`;
  const again = await claim(sql);
  await record(sql, again, 500);
  expect(await whereUrgent('retries')).toEqual([false, true]);
  const { deliveries } = makeApi(sql);
  for (const { deliveryId } of again) await deliveries.retry_delivery({ p_tenant_id: 1, p_delivery_id: deliveryId });
  expect(await whereUrgent('queue')).toEqual([false, true]);
  const worker = await makeWorker(sql);
  await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null`;
  expect((await claim(sql, { worker })).length).toBe(2);
  await makeApi(sql).workers.release_leases({ p_worker_id: worker });
  expect(await whereUrgent('queue')).toEqual([false, true]);
  await sql`update tocsin_data.webhooks set is_active = false where webhook_id = ${webhook}`;
  await makeApi(sql).workers.run_maintenance();
  expect(await whereUrgent('parked')).toEqual([false, true]);
  await sql`update tocsin_data.webhooks set is_active = true where webhook_id = ${webhook}`;
  await makeApi(sql).workers.run_maintenance();
  expect(await whereUrgent('queue')).toEqual([false, true]);
});

test('why a CRITICAL delivery waits counts only the urgent ones before it', async () => {
  const webhook = await makeWebhook(sql);
  await pileUp(webhook, 20);
  await makeWorker(sql);
  const plain = await raise(sql);
  const first = await raiseCritical();
  const second = await raiseCritical();
  const aheadOf = async (alertId: number) => {
    const [row] = await sql<{ detail: { ahead: number } }[]>`
      select detail from tocsin.why_not_delivered(p_tenant_id => 1, p_alert_id => ${alertId})`;
    return row?.detail.ahead;
  };
  expect([await aheadOf(plain), await aheadOf(first), await aheadOf(second)]).toEqual([20, 0, 1]);
});
