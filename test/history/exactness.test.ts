// The history is exact: at every moment it and what is on its way to it are what the log says, whatever was interrupted.
import { beforeEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { openSql, type Queryable } from '../../src/store/sql.ts';
import { forgetHistory, historyErrors, hurry, send } from '../support/history.ts';
import { openTransaction, raiseMany, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql, url } = await testDatabase({ max: 12 });
await sql`insert into tocsin_data.tenants (name) values ('other')`;

/** Webhooks of two tenants that give up after the second attempt. */
async function makeWebhooks(): Promise<void> {
  await sql`insert into tocsin_data.webhooks (tenant_id, name, url, events, max_in_flight, retry_policy)
    select 1 + i % 2, 'w' || i, 'https://receiver.test/', '{test}', 1000, '{"max_retries": 1}' from generate_series(1, 7) as i`;
}

beforeEach(async () => {
  await startOver(sql);
  await forgetHistory(sql);
  await makeWebhooks();
});

const fold = (on: Queryable = sql) => on`select tocsin_internal.fold_webhook_health()`;
/** Adds all minutes up to now, the current one included. */
const rollUp = (on: Queryable = sql) =>
  on`select tocsin_internal.roll_up_history(clock_timestamp() + interval '2 minutes')`;

/** Begins something and takes it back: by rollback, or by killing the session in the middle. */
async function interrupt(steps: (on: Queryable) => Promise<unknown>, isKilled: boolean): Promise<void> {
  if (!isKilled) {
    await using session = await openTransaction(sql);
    await steps(session.sql);
    return;
  }
  const pool = openSql(url, { max: 1 });
  const victim = await pool.reserve();
  await victim.unsafe('begin');
  await steps(victim as unknown as Queryable);
  const [session] = await victim<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await sql`select pg_terminate_backend(${session?.pid ?? 0}, 10000)`;
  await pool.end({ timeout: 0 });
}

const ends = fc.array(
  fc.record({ code: fc.constantFrom(200, 200, 200, 500, 503, 429, null), ms: fc.integer({ min: 0, max: 200_000 }) }),
  { minLength: 1, maxLength: 6 },
);
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      ends,
      minutesAgo: fc.nat(200),
      limit: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fold' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rollUp' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('interrupt' as const),
      isKilled: fc.boolean(),
      what: fc.constantFrom('fold', 'rollUp', 'both'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('maintain' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), nth: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function perform(step: Operation): Promise<void> {
  switch (step.kind) {
    case 'send':
      await raiseMany(sql, 5);
      await sql`select tocsin.raise_alerts('[{"message": "m", "alert_type": "test"}]', p_tenant_id => 2)`;
      await hurry(sql);
      await send(sql, step.ends, step);
      break;
    case 'fold':
      await fold();
      break;
    case 'rollUp':
      await rollUp();
      break;
    case 'interrupt':
      await interrupt(async (on) => {
        if (step.what !== 'rollUp') await fold(on);
        if (step.what !== 'fold') await rollUp(on);
      }, step.isKilled);
      break;
    case 'maintain':
      await sql`select tocsin.run_maintenance()`;
      break;
    case 'delete':
      await sql`update tocsin_data.webhooks set deleted_at = now(), is_active = false
        where webhook_id = (select min(webhook_id) + ${step.nth} from tocsin_data.webhooks)`;
      await sql`select tocsin.run_maintenance()`;
      break;
    case 'gone':
      await hurry(sql);
      await send(sql, [{ code: 410, ms: 5 }], { limit: 3 });
      break;
    default:
      await sql`select tocsin_internal.expire_deliveries(clock_timestamp() + interval '31 days')`;
  }
}

describe('the history', () => {
  test('is what the log says after every step of any sequence, finished or interrupted', async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (steps) => {
          for (const step of steps) {
            await perform(step);
            expect(await historyErrors(sql)).toEqual([]);
          }
        })
        .beforeEach(async () => {
          await startOver(sql);
          await forgetHistory(sql);
          await makeWebhooks();
        }),
      { numRuns: 10, endOnFailure: true },
    );
  }, 120_000);

  test('loses and doubles nothing while several record, one folds and one adds up', async () => {
    await raiseMany(sql, 400);
    let isDone = false;
    const senders = [1, 2, 3, 4].map(async (n) => {
      const mixed = [
        { code: 200, ms: 10 * n },
        { code: 200, ms: 3 },
        { code: 500, ms: 7 },
        { code: 200, ms: 900 },
      ];
      let sent = 0;
      const deadline = performance.now() + 40_000;
      for (let isLeft = true; isLeft && performance.now() < deadline; ) {
        await hurry(sql).catch(() => undefined);
        sent += await send(sql, n === 4 ? mixed : [{ code: 200, ms: n }], { limit: 37, minutesAgo: n });
        const [left] = await sql<{ is: boolean }[]>`select exists (select from tocsin_data.alert_delivery_queue)
          or exists (select from tocsin_data.alert_delivery_retries) or exists (select from tocsin_data.alert_delivery_parked) as is`;
        isLeft = left?.is ?? false;
      }
      return sent;
    });
    const folder = (async () => {
      while (!isDone) await sql`select tocsin.run_maintenance()`;
    })();
    const adder = (async () => {
      while (!isDone) {
        await sql.begin(async (tx) => {
          // Maintenance lets one in at a time; so must this.
          await tx`select pg_advisory_xact_lock(1953456995, 3)`;
          await rollUp(tx as unknown as Queryable);
        });
      }
    })();
    const sent = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
    isDone = true;
    await Promise.all([folder, adder]);
    expect(sent).toBeGreaterThan(1_200);
    expect(await historyErrors(sql)).toEqual([]);
    await fold();
    await rollUp();
    expect(await historyErrors(sql)).toEqual([]);
    const [left] = await sql`select (select count(*) from tocsin_data.history_deltas) as deltas,
      (select count(*) from tocsin_data.history_results) as results, (select count(*) from tocsin_data.webhook_health_deltas) as health`;
    expect(left).toEqual({ deltas: 0, results: 0, health: 0 });
  }, 60_000);

  test('agrees with the totals of the webhooks', async () => {
    await raiseMany(sql, 20);
    await send(
      sql,
      [
        { code: 200, ms: 5 },
        { code: 500, ms: 6 },
      ],
      { limit: 1000 },
    );
    await fold();
    await rollUp();
    const rows = await sql`
      select m.webhook_id from tocsin_data.webhook_health_metrics m
        join tocsin_data.history h on h.webhook_id = m.webhook_id and h.step_seconds = 3600
       where (m.total_deliveries, m.successful_deliveries) <> (h.attempts, h.delivered)`;
    expect([...rows]).toEqual([]);
    const [total] =
      await sql`select attempts from tocsin_data.history where tenant_id = 1 and webhook_id = 0 and step_seconds = 3600`;
    expect(total).toEqual({ attempts: 60 });
    // The comparison itself sees one delivery in the wrong bucket.
    await sql`update tocsin_data.history set latency_buckets[1] = latency_buckets[1] + 1 where webhook_id = 0 and tenant_id = 1
      and step_seconds = 60`;
    expect(await historyErrors(sql)).not.toEqual([]);
  });
});
