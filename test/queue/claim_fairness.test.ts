// Fairness: a lane with a huge backlog neither delays the others nor makes claims dearer, and every lane gets its turn.
import { beforeEach, expect, test } from 'bun:test';
import { claim, claimRow, makeWebhook, makeWebhooks, raise, raiseMany, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
beforeEach(() => startOver(sql));

/** Puts so many deliveries, due long ago, into a lane, as if alerts had been raised while nobody delivered. */
async function pileUp(webhookId: number, count: number): Promise<void> {
  await sql`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(d.id), d.id, d.id, ${webhookId}, 1, ${webhookId & 63}, 1
        from (select tocsin_internal.id_at(now() - interval '1 hour') + n as id from generate_series(1, ${count}::int) n) d`;
}

/** Pages that a claim touches, its own changes rolled back. */
async function pagesOfClaim(limit: number): Promise<number> {
  let pages = Number.NaN;
  await sql
    .begin(async (tx) => {
      const explain = () => tx<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }[]>`
        explain (analyze, buffers, format json)
          select * from tocsin.claim_deliveries(null, ${limit}, 60000, 0, null, 0, null, null)`;
      // The first claim of a session plans and reads catalogues.
      for (let i = 0; i < 3; i++) {
        const [row] = await explain();
        const plan = row?.['QUERY PLAN'][0].Plan ?? {};
        pages = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
      }
      throw new Error('roll back');
    })
    .catch((error: Error) => expect(error.message).toBe('roll back'));
  return pages;
}

test('a lane of 300,000 makes a claim no dearer than one of 200, and the first delivery of another webhook is in the next', async () => {
  const webhooks = await makeWebhooks(sql, 5, { events: ['none'], max_in_flight: 1000 });
  for (const webhookId of webhooks) await pileUp(webhookId, 200);
  const few = await pagesOfClaim(100);
  await pileUp(webhooks[2] as number, 299_000);
  const many = await pagesOfClaim(100);
  expect(few).toBeGreaterThan(100);
  // A deeper index, and no more than that.
  expect(many).toBeLessThan(few * 1.5);
  const calm = await makeWebhook(sql);
  await raise(sql);
  const claimed = await claim(sql, { limit: 12 });
  expect(claimed.map(({ webhookId }) => webhookId)).toContain(calm);
}, 60_000);

test('a batch with an old and a new alert reads only these two, not all between them', async () => {
  await makeWebhook(sql, { events: ['ends'] });
  const between = await makeWebhook(sql, { events: ['between'] });
  await raise(sql, { p_alert_type: 'ends' });
  await raiseMany(sql, 5000, 'between');
  await raise(sql, { p_alert_type: 'ends' });
  await sql`delete from tocsin_data.alert_delivery_queue where webhook_id = ${between}`;
  expect(await pagesOfClaim(10)).toBeLessThan(150);
});

test('more lanes than a claim can hold are served in turn, none twice before all once', async () => {
  const webhooks = await makeWebhooks(sql, 90, { max_in_flight: 1000 });
  await raiseMany(sql, 10);
  const served: number[] = [];
  for (let after = 0; served.length < 90; ) {
    const row = await claimRow(sql, { limit: 7, after });
    after = row.next_after_webhook_id;
    served.push(...(row.webhook_ids ?? '').split(',').filter(Boolean).map(Number));
  }
  expect(new Set(served.slice(0, 90))).toEqual(new Set(webhooks));
});

test('lanes that cannot be served are passed over within one small claim', async () => {
  const full = await makeWebhooks(sql, 30, { max_in_flight: 1 });
  const last = await makeWebhook(sql, { webhook_id: 63 + 64 * 1000 });
  await raise(sql);
  const busy = Object.fromEntries(full.map((id) => [id, 1]));
  const [delivery] = await claim(sql, { limit: 1, busy });
  expect(delivery?.webhookId).toBe(last);
});

test('lanes of a webhook that is gone for good do not end the walk', async () => {
  await pileUp(7, 3);
  await pileUp(8, 3);
  const webhook = await makeWebhook(sql, { webhook_id: 9_000_009 });
  await raise(sql);
  const row = await claimRow(sql, { limit: 1 });
  expect(row.webhook_ids).toBe(String(webhook));
});
