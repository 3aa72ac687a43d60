// Claiming goes two ways: whatever the lanes are like, the short one gives what the general one gives, and both keep the rules.
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { type Delivery, readClaim } from '../../src/delivery/batch.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { claimRow, makeWebhooks } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import {
  type Asked,
  asked,
  closing,
  type Lane,
  type LaneState,
  lanesIn,
  places,
  pileLanes,
} from '../support/lane_states.ts';

setDefaultTimeout(60_000);
const { sql } = await testDatabase({ max: 4 });

beforeAll(async () => {
  await sql`select tocsin.maintain_partitions()`;
  await sql`insert into tocsin_data.tenants (tenant_id, name) overriding system value values (2, 'other')`;
  for (const [n, webhook_id] of places.entries())
    await makeWebhooks(sql, 1, { webhook_id, tenant_id: (n % 2) + 1, events: ['none'] });
});

/** What a claim by the general way alone gives on the same state. */
async function claimBatch(tx: Queryable, ask: Asked, floors: Map<number, number>) {
  const [row] = await tx<
    { delivery_ids: number[] | null; next_after_webhook_id: number; next_ready_at: string | null }[]
  >`
    select (b.lease).delivery_ids, b.next_after_webhook_id, extract(epoch from b.next_ready_at) * 1000 as next_ready_at
      from tocsin_internal.claim_batch(null, ${ask.limit}, 180000, ${ask.after}, ${ask.buckets}::smallint[],
        ${ask.overdueMs} * interval '1 ms', ${[...ask.busy.keys()]}::int[], ${[...ask.busy.values()]}::int[], true,
        ${[...floors.keys()]}::int[], tocsin_internal.floor_times(${[...floors.values()]}::bigint[]), ${ask.walks}) b`;
  const { delivery_ids, next_after_webhook_id, next_ready_at } = row as NonNullable<typeof row>;
  return {
    ids: ascending(delivery_ids ?? []),
    after: next_after_webhook_id ?? 0,
    readyAt: next_ready_at === null ? null : Number(next_ready_at),
  };
}

const ascending = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
const nowMs = async (tx: Queryable) =>
  Number((await tx`select extract(epoch from clock_timestamp()) * 1000 as ms`)[0]?.ms);

/** Runs `look` on lanes in this state, and takes everything back. */
async function withLanes(
  states: LaneState[],
  ask: Asked,
  look: (tx: Queryable, lanes: Lane[]) => Promise<void>,
): Promise<void> {
  await sql
    .begin(async (tx) => {
      const lanes = lanesIn(states, ask);
      await pileLanes(tx, lanes);
      await look(tx, lanes);
      throw closing;
    })
    .catch((error: unknown) => {
      if (error !== closing) throw error;
    });
}

/** What holds for any claim, whichever way it goes, as far as it can be said without doing it again. */
function expectRules(lanes: Lane[], ask: Asked, claimed: number[]): void {
  const taken = new Set(claimed);
  expect(taken.size).toBe(claimed.length);
  expect(claimed.length).toBeLessThanOrEqual(ask.limit);
  for (const lane of lanes) {
    const mine = lane.rows.filter(({ id }) => taken.has(id));
    for (const { id } of mine) taken.delete(id);
    expect(mine.length).toBeLessThanOrEqual(lane.may);
    expect(mine.every(({ isDue }) => isDue)).toBe(true);
    // In order, but for what is urgent.
    const plain = mine.filter(({ isUrgent }) => !isUrgent || lane.ordered);
    const first = lane.fromFloor.filter((row) => plain.includes(row) || !mine.includes(row)).slice(0, plain.length);
    expect(plain).toEqual(first);
  }
  expect(taken.size).toBe(0);
}

/** Of plain lanes that one look serves, each has an even share: all that it may give, or no less than any other. */
function expectEvenShare(lanes: Lane[], ask: Asked, claimed: number[]): void {
  const able = lanes.filter(({ may, fromFloor }) => may > 0 && fromFloor.some(({ isDue }) => isDue));
  // Of a lane that is known nobody looks first whether anything waits.
  const share = Math.floor(ask.limit / (ask.walks ? able : lanes.filter(({ may }) => may > 0)).length);
  for (const lane of able) {
    const count = lane.rows.filter(({ id }) => claimed.includes(id)).length;
    const most = Math.min(lane.may, lane.fromFloor.filter(({ isDue }) => isDue).length);
    expect(count).toBeWithin(Math.min(most, share), Math.min(most, share + 1) + 1);
  }
}

test('a claim gives what the general way gives, of the same lanes, and says the same of the next', async () => {
  const seen = { short: 0, general: 0, some: 0, ready: 0 };
  await fc.assert(
    fc.asyncProperty(asked, async ({ ask, states }) => {
      await withLanes(states, ask, async (tx, lanes) => {
        const known = lanes
          .filter((l) => l.floor !== undefined)
          .sort((a, b) => (a.id & 63) - (b.id & 63) || a.id - b.id);
        const floors = new Map(known.map((l) => [l.id, l.floor as number]));
        await tx`savepoint here`;
        const from = await nowMs(tx);
        const row = await claimRow(tx, {
          ...ask,
          busy: Object.fromEntries(ask.busy),
          floors: Object.fromEntries(floors),
        } as never);
        const to = await nowMs(tx);
        const deliveries = readClaim(row);
        const claimed = ascending(deliveries.map(({ deliveryId }) => deliveryId));
        const left = (await tx`select delivery_id from tocsin_data.alert_delivery_queue`).map((r) => r.delivery_id);
        expect(ascending([...claimed, ...left])).toEqual(
          ascending(lanes.flatMap(({ rows }) => rows.map(({ id }) => id))),
        );
        await expectColumns(tx, deliveries, lanes);
        await tx`rollback to savepoint here`;
        const general = await claimBatch(tx, ask, floors);

        expectRules(lanes, ask, claimed);
        expectRules(lanes, ask, general.ids);
        // What is urgent and may go now is claimed with a little chance.
        const isUrgent =
          ask.walks &&
          ask.overdueMs === 0 &&
          lanes.some(({ may, rows }) => may > 0 && rows.some((row) => row.isUrgent && row.isDue));
        if (!isUrgent) {
          expect(claimed).toEqual(general.ids);
          expect(row.next_after_webhook_id).toBe(ask.walks ? general.after : ask.after);
          expectReady(row.next_ready_ms, general.readyAt, from, to);
        }
        const isShort =
          !isUrgent &&
          ask.overdueMs === 0 &&
          (ask.walks ? ask.after === 0 && lanes.length < 12 : true) &&
          !lanes.some(({ isSpecial, may }) => isSpecial && may > 0);
        if (isShort && lanes.length <= ask.limit) expectEvenShare(lanes, ask, claimed);
        if (isShort) seen.short++;
        else seen.general++;
        if (claimed.length > 0) seen.some++;
        if (row.next_ready_ms !== 60_000) seen.ready++;
      });
    }),
    { numRuns: 120 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
});

/** The columns say of each delivery what the tables say: version, payload of its tenant, and the lease that holds it. */
async function expectColumns(tx: Queryable, deliveries: Delivery[], lanes: Lane[]): Promise<void> {
  const owner = new Map(lanes.flatMap((lane) => lane.rows.map(({ id }) => [id, lane] as const)));
  for (const { deliveryId, webhookId, version, body } of deliveries) {
    const lane = owner.get(deliveryId) as Lane;
    expect([webhookId, version]).toEqual([lane.id, lane.version]);
    expect(body).toBe(`of ${lane.tenant}: ${deliveryId}`);
  }
  const leases = await tx<{ delivery_ids: number[] }[]>`select delivery_ids from tocsin_data.alert_delivery_leases`;
  expect(leases.map(({ delivery_ids }) => delivery_ids)).toEqual(
    deliveries.length === 0 ? [] : [deliveries.map(({ deliveryId }) => deliveryId)],
  );
}

/** It was said between these times how long it takes until then, a minute at most. */
function expectReady(ms: number | null, readyAt: number | null, from: number, to: number): void {
  if (readyAt === null) expect(ms).toBe(60_000);
  else
    expect(ms).toBeWithin(Math.floor(Math.min(60_000, readyAt - to)), Math.ceil(Math.min(60_000, readyAt - from)) + 2);
}

test('claim after claim serves every lane that may be served, none twice, until nothing is left that is due', async () => {
  await fc.assert(
    fc.asyncProperty(asked, async ({ ask, states }) => {
      const walk = { ...ask, walks: true, overdueMs: 0, after: 0, busy: new Map<number, number>() };
      await withLanes(states, walk, async (tx, lanes) => {
        const claimed: number[] = [];
        for (let after = 0, idle = 0, claims = 0; idle < 2 && claims < 200; claims++) {
          const row = await claimRow(tx, { limit: walk.limit, after, ...(walk.buckets && { buckets: walk.buckets }) });
          const ids = readClaim(row).map(({ deliveryId }) => deliveryId);
          claimed.push(...ids);
          after = row.next_after_webhook_id;
          idle = ids.length === 0 && after === 0 ? idle + 1 : 0;
        }
        const due = lanes
          .filter(({ may, isSpecial }) => may > 0 && !isSpecial)
          .flatMap(({ rows }) => rows.filter((r) => r.isDue));
        expect(new Set(claimed).size).toBe(claimed.length);
        expect(claimed).toEqual(expect.arrayContaining(due.map(({ id }) => id)));
        for (const lane of lanes.filter(({ may }) => may === 0)) {
          expect(lane.rows.filter(({ id }) => claimed.includes(id))).toEqual([]);
        }
      });
    }),
    { numRuns: 40 },
  );
});
