// Recording goes two ways: plain successes by the short one, and what it writes is what the general one writes.
import { beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { makeApi } from '../../src/store/api.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { closing } from '../support/lane_states.ts';
import {
  isBlocked,
  makeWebhook,
  makeWebhooks,
  makeWorker,
  openTransaction,
  raise,
  raiseMany,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

setDefaultTimeout(60_000);
const { sql } = await testDatabase({ max: 4 });
beforeAll(async () => {
  await sql`insert into tocsin_data.tenants (tenant_id, name) overriding system value values (2, 'other')`;
});
beforeEach(async () => {
  await startOver(sql);
  await sql`truncate tocsin_data.alert_delivery_log`;
});

type Sent = { lease: number; delivery: number; alert: number; webhook: number; attempt: number; ms: number | null };
type Ways = { outcomes?: (string | null)[] | null; closed?: number[] | null; worker?: number | null };

/** Calls record_delivery_results with these results, by default without a word on how they ended, which means well. */
async function recordAll(
  tx: Queryable,
  sent: readonly Sent[],
  { outcomes = null, closed = null, worker = null }: Ways,
) {
  const of = <T>(pick: (result: Sent) => T) => sent.map(pick);
  const [row] = await tx<{ recorded: number; late: number }[]>`
    select recorded, late from tocsin.record_delivery_results(${of((r) => r.lease)}::bigint[], ${of((r) => r.delivery)}::bigint[],
      ${of((r) => r.alert)}::bigint[], ${of((r) => r.webhook)}::int[], ${of((r) => r.attempt)}::smallint[], ${outcomes}::text[],
      ${of(() => 200)}::smallint[], ${of((r) => r.ms)}::int[], null, ${of((r) => `answer ${r.delivery}`)}::text[], null,
      ${closed}::bigint[], ${worker}::bigint)`;
  return row as { recorded: number; late: number };
}

/** All that recording may write, but for its times. */
async function written(tx: Queryable) {
  const [row] = await tx`
    select (select json_agg(g order by g.delivery_id, g.attempt) from (
              select delivery_id, alert_id, webhook_id, tenant_id, response_ms, status_code, bucket, attempt, status, error,
                     response_body, next_attempt_at from tocsin_data.alert_delivery_log) g) as log,
           (select json_agg(h order by h.id, h.ms) from (select h.id, h.ms
               from tocsin_data.webhook_health_deltas d cross join unnest(d.webhook_ids, d.response_ms) as h(id, ms)) h) as deltas,
           (select json_agg(json_build_array(m.webhook_id, m.total_deliveries, m.consecutive_failures, m.health_status)
               order by m.webhook_id) from tocsin_data.webhook_health_metrics m) as health,
           (select json_agg(l.lease_id order by 1) from tocsin_data.alert_delivery_leases l) as leases,
           (select json_agg(json_build_array(l.webhook_id, l.busy_delivery_id, l.watched, l.slots_max) order by l.webhook_id)
              from tocsin_data.webhook_lanes l) as lanes`;
  return row;
}

/** Runs `look` in a transaction, and takes everything back. */
const takenBack = (look: (tx: Queryable) => Promise<void>) =>
  sql
    .begin(async (tx) => {
      await look(tx);
      throw closing;
    })
    .catch((error: unknown) => {
      if (error !== closing) throw error;
    });

/** Claims so many at a time until nothing is left; what an attempt at each would send. */
async function claimAll(tx: Queryable, worker: number, sizes: readonly number[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const p_limit of sizes) {
    for (const d of await makeApi(tx).workers.get_ready_deliveries({ p_limit, p_worker_id: worker }))
      sent.push({
        lease: d.lease_id,
        delivery: d.delivery_id,
        alert: d.alert_id,
        webhook: d.webhook_id,
        attempt: d.attempt,
        ms: sent.length,
      });
  }
  return sent;
}

const anyBatch = fc.record({
  picked: fc.uniqueArray(fc.nat(29), { maxLength: 25 }),
  before: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7], { maxLength: 3 }),
  isTwice: fc.nat(5).map((n) => n === 0),
  lost: fc.option(fc.nat(2), { freq: 2 }),
  watched: fc.option(fc.nat(3), { freq: 2 }),
  noTime: fc.option(fc.nat(10)),
  closed: fc.constantFrom('told', 'none', 'all'),
  says: fc.boolean(),
});

test('successes are recorded alike by both ways: some or all of a lease, twice, lost, watched, ordered and of two tenants', async () => {
  const webhooks = await makeWebhooks(sql, 3, { max_in_flight: 1000 });
  webhooks.push(
    await makeWebhook(sql, { ordered: true }),
    await makeWebhook(sql, { tenant_id: 2, max_in_flight: 1000 }),
  );
  const worker = await makeWorker(sql);
  await raiseMany(sql, 8);
  for (let n = 0; n < 6; n++) await raise(sql, { p_tenant_id: 2 });
  const all = await claimAll(sql, worker, [9, 1, 12, 100]);
  const leases = [...new Set(all.map(({ lease }) => lease))];
  const seen = { late: 0, known: 0, some: 0, plain: 0 };
  await fc.assert(
    fc.asyncProperty(anyBatch, async ({ picked, before, isTwice, lost, watched, noTime, closed, says }) => {
      await takenBack(async (tx) => {
        const some = picked.flatMap((n) => all[n] ?? []).map((r, n) => (n === noTime ? { ...r, ms: null } : r));
        const sent = isTwice ? [...some, ...some.slice(0, 2)] : some;
        const first = before.map((n) => all[n] as Sent);
        if (first.length > 0) await recordAll(tx, first, { closed: [] });
        if (lost !== null)
          await tx`delete from tocsin_data.alert_delivery_leases where lease_id = ${leases[lost] ?? 0}`;
        if (watched !== null)
          await tx`update tocsin_data.webhook_lanes set watched = true where webhook_id = ${webhooks[watched] as number}`;
        const ways = { closed: { told: null, none: [], all: leases.slice(0, 2) }[closed], worker };
        await tx`savepoint here`;
        const short = await recordAll(tx, sent, { ...ways, ...(says && { outcomes: sent.map(() => 'delivered') }) });
        const byShort = await written(tx);
        await tx`rollback to savepoint here`;
        // One whose lease never was sends all the general way.
        const stray = { ...(all[0] as Sent), lease: 1 };
        const general = await recordAll(tx, [...sent, stray], {
          ...ways,
          outcomes: [...sent, stray].map(() => 'delivered'),
        });
        expect(short).toEqual({ ...general, late: general.late - 1 });
        expect(byShort).toEqual(await written(tx));
        const isLate = short.late > 0;
        if (isLate) seen.late++;
        if (short.recorded < sent.length && !isLate) seen.known++;
        if (short.recorded > 0) seen.some++;
        if (short.recorded === sent.length && watched === null) seen.plain++;
      });
    }),
    { numRuns: 100 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});

test('without a word on how one ended among others it is not taken to be delivered', async () => {
  await makeWebhook(sql);
  const worker = await makeWorker(sql);
  await raiseMany(sql, 3);
  const all = await claimAll(sql, worker, [10]);
  for (const outcomes of [[], ['delivered'], [null, null, null]]) {
    await takenBack(async (tx) => {
      const { recorded, late } = await recordAll(tx, all, { outcomes, worker });
      expect([recorded, late]).toEqual([outcomes[0] === 'delivered' ? 1 : 0, 0]);
      expect((await written(tx))?.leases).toEqual([all[0]?.lease]);
    });
  }
});

test('nothing at all is recorded as nothing, however it is put', async () => {
  for (const outcomes of [null, []]) expect(await recordAll(sql, [], { outcomes })).toEqual({ recorded: 0, late: 0 });
  const [row] =
    await sql`select * from tocsin.record_delivery_results(null, null, null, null, null, null, null, null, null, null, null)`;
  expect(row).toEqual({ recorded: 0, late: 0 });
});

test('a success without a time counts as one of no time', async () => {
  await makeWebhook(sql);
  const worker = await makeWorker(sql);
  await raiseMany(sql, 2);
  const all = await claimAll(sql, worker, [10]);
  await recordAll(
    sql,
    all.map((r, n) => (n === 0 ? { ...r, ms: null } : r)),
    { worker },
  );
  expect((await written(sql))?.deltas.map(({ ms }: { ms: number | null }) => ms)).toEqual([0, 1]);
  await makeApi(sql).workers.run_maintenance();
  const [health] =
    await sql`select total_deliveries, max_response_time_ms, avg_response_time_ms from tocsin_data.webhook_health_metrics`;
  expect(health).toEqual({ total_deliveries: 2, max_response_time_ms: 1, avg_response_time_ms: 0.5 });
});

test('of two that record parts of one lease the second waits for the first, and closes it', async () => {
  await makeWebhook(sql);
  const worker = await makeWorker(sql);
  await raiseMany(sql, 4);
  const all = await claimAll(sql, worker, [10]);
  await using one = await openTransaction(sql);
  await using other = await openTransaction(sql);
  expect(await recordAll(one.sql, all.slice(0, 1), { worker })).toEqual({ recorded: 1, late: 0 });
  const rest = recordAll(other.sql, all.slice(1), { worker });
  await until(() => isBlocked(sql, other));
  await one.commit();
  expect(await rest).toEqual({ recorded: 3, late: 0 });
  await other.commit();
  expect(await written(sql)).toMatchObject({ leases: null, log: { length: 4 } });
});

test('who records while a lease is given away waits for that, and is late', async () => {
  await makeWebhook(sql);
  const worker = await makeWorker(sql);
  await raiseMany(sql, 4);
  const all = await claimAll(sql, worker, [2, 2]);
  await using giver = await openTransaction(sql);
  const p_keep_lease_ids = [all[0]?.lease as number];
  expect(await makeApi(giver.sql).workers.release_leases({ p_worker_id: worker, p_keep_lease_ids })).toBe(2);
  await using late = await openTransaction(sql);
  const recorded = recordAll(late.sql, all, { worker });
  await until(() => isBlocked(sql, late));
  await giver.commit();
  expect(await recorded).toEqual({ recorded: 2, late: 2 });
  await late.commit();
  expect(await written(sql)).toMatchObject({ leases: null, log: { length: 2 } });
  expect(await claimAll(sql, worker, [10])).toHaveLength(2);
});
