// Health against the log: after any sequence of results, claims and folds, the counters say what the log says.
import { beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Delivery } from '../../src/delivery/batch.ts';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  makeWebhook,
  makeWebhooks,
  openTransaction,
  outcomeFor,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
const workers = makeApi(sql).workers;
beforeEach(() => startOver(sql));

type Counts = { total: number; delivered: number; failed: number; streak: number };
const fromHealth = async (): Promise<Record<number, Counts>> => {
  const rows = await sql<(Counts & { id: number })[]>`
    select m.webhook_id as id, m.total_deliveries + coalesce(u.delivered, 0) as total,
           m.successful_deliveries + coalesce(u.delivered, 0) as delivered, m.failed_deliveries as failed,
           m.consecutive_failures as streak
      from tocsin_data.webhook_health_metrics m
      left join tocsin_internal.unfolded_health(array(select webhook_id from tocsin_data.webhooks)) u using (webhook_id)`;
  return Object.fromEntries(rows.map(({ id, ...counts }) => [id, counts]));
};
const fromLog = async (): Promise<Record<number, { total: number; delivered: number; failed: number }>> => {
  const rows = await sql`
    select w.webhook_id as id, count(g.*) as total, count(g.*) filter (where g.status = 'delivered') as delivered,
           count(g.*) filter (where g.status <> 'delivered') as failed
      from tocsin_data.webhooks w left join tocsin_data.alert_delivery_log g using (webhook_id) group by 1`;
  return Object.fromEntries(rows.map(({ id, ...counts }) => [id, counts as never]));
};

/** What one step does: a batch of answers in order, by places of webhook and code, or housekeeping. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(fc.record({ webhook: fc.nat(2), code: fc.constantFrom(200, 200, 200, 500, 503, 429) }), {
      minLength: 1,
      maxLength: 9,
    }),
  },
  { weight: 1, arbitrary: fc.constant('fold' as const) },
  { weight: 1, arbitrary: fc.constant('record again' as const) },
);

test('after any sequence of batches, repetitions and folds, counters and streaks are what a simple model and the log say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await startOver(sql);
      const webhooks = await makeWebhooks(sql, 3, { max_in_flight: 1000, retry_policy: { max_retries: 0 } });
      await raiseMany(sql, 120);
      const waiting = await claim(sql, { limit: 360 });
      const model = new Map(webhooks.map((id) => [id, { total: 0, delivered: 0, failed: 0, streak: 0 }]));
      let last: [Delivery[], number[]] = [[], []];
      for (const what of steps) {
        if (what === 'fold') await workers.run_maintenance();
        else if (what === 'record again')
          await record(sql, last[0], (_, n) => outcomeFor(last[1][n] as number), { closed: [] });
        else {
          const batch = what.map(({ webhook }) => {
            const at = waiting.findIndex((d) => d.webhookId === webhooks[webhook]);
            return waiting.splice(at, 1)[0] as Delivery;
          });
          const codes = what.map(({ code }) => code);
          await record(sql, batch, (_, n) => outcomeFor(codes[n] as number), { closed: [] });
          last = [batch, codes];
          batch.forEach(({ webhookId }, n) => {
            const counts = model.get(webhookId) as Counts;
            counts.total++;
            if (codes[n] === 200) {
              counts.delivered++;
              counts.streak = 0;
            } else {
              counts.failed++;
              if (codes[n] !== 429) counts.streak++;
            }
          });
        }
      }
      expect(await fromHealth()).toEqual(Object.fromEntries(model));
      await workers.run_maintenance();
      expect(await fromHealth()).toEqual(Object.fromEntries(model));
      const withoutStreak = [...model].map(([id, { streak: _, ...counts }]) => [id, counts]);
      expect(await fromLog()).toEqual(Object.fromEntries(withoutStreak));
      expect(await sql`select from tocsin_data.webhook_health_deltas`).toHaveLength(0);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('a fold passes over a webhook that recording has locked, loses nothing of it, and judges it by what it became', async () => {
  const webhook = await makeWebhook(sql, { max_in_flight: 1000, retry_policy: { max_retries: 0 } });
  const other = await makeWebhook(sql, { max_in_flight: 1000 });
  await raiseMany(sql, 9);
  const batch = await claim(sql);
  const mine = batch.filter((d) => d.webhookId === webhook);
  // Successes that wait to be folded, and then failures that open the breaker in a transaction that is not over.
  await record(sql, [...mine.slice(0, 3), ...batch.filter((d) => d.webhookId === other)], 200, { closed: [] });
  await using recording = await openTransaction(sql);
  await record(recording.sql, mine.slice(3, 8), 500, { closed: [] });
  await workers.run_maintenance();
  expect(await fromHealth()).toMatchObject({ [webhook]: { total: 3, delivered: 3 }, [other]: { total: 9 } });
  await recording.commit();
  await recording[Symbol.asyncDispose]();
  await workers.run_maintenance();
  expect(await fromHealth()).toMatchObject({ [webhook]: { total: 8, delivered: 3, failed: 5, streak: 5 } });
  const [row] =
    await sql`select health_status, breaker_state from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`;
  expect(row).toEqual({ health_status: 'unavailable', breaker_state: 'open' });
  expect(await sql`select from tocsin_data.webhook_health_deltas`).toHaveLength(0);
});

test('response times and last use are those of the results, folded or not', async () => {
  const webhook = await makeWebhook(sql);
  await raiseMany(sql, 3);
  const batch = await claim(sql);
  await record(sql, batch, (_, n) => ({ ...outcomeFor(n === 2 ? 500 : 200), response_ms: [10, 30, 500][n] as number }));
  await workers.run_maintenance();
  const [row] = await sql`select * from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`;
  expect(row).toMatchObject({
    max_response_time_ms: 500,
    last_status_code: 500,
    last_error: 'http_500',
    total_deliveries: 3,
  });
  expect(row?.avg_response_time_ms).toBeWithin(10, 500);
  expect(Date.now() - row?.last_used_at.getTime()).toBeLessThan(20_000);
  expect(row?.last_failure_at).not.toBeNull();
  expect(row?.last_success_at).not.toBeNull();
});

test('the failure rate falls to nothing after any number of successes, recorded or folded, and is then exactly zero', async () => {
  const webhook = await makeWebhook(sql, { max_in_flight: 1000 });
  await raiseMany(sql, 2);
  const [first, second] = await claim(sql);
  await record(sql, [first as Delivery], 500);
  const rate = async () =>
    (
      await sql`select recent_failure_rate as rate from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`
    )[0]?.rate;
  expect(await rate()).toBeCloseTo(0.04, 3);
  const [told] =
    await sql`select count(tocsin.update_webhook_health(${webhook}, 200, 1)) from generate_series(1, 3000)`;
  expect(told?.count).toBe(3000);
  expect(await rate()).toBe(0);
  await sql`update tocsin_data.webhook_health_metrics set recent_failure_rate = 0.5`;
  await sql`
    insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
      select now(), array_fill(${webhook}::int, array[30000]), array_fill(5, array[30000])`;
  await record(sql, [second as Delivery], 200);
  await workers.run_maintenance();
  expect(await rate()).toBe(0);
  expect(await fromHealth()).toMatchObject({ [webhook]: { total: 33_002 } });
});
