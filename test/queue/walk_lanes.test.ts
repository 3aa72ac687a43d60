// The walk over the lanes: each of a worker's own is found, in turn and none twice, from whatever floors and however few a step.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { openTransaction, type Session, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

let session: Session;
// Registered before the database's own.
afterAll(() => session[Symbol.asyncDispose]());
const { sql } = await testDatabase({ max: 3 });
const LAST = 2_147_483_647;
/** Lanes of the first bucket, the last and some between, with the first and the last webhook that there can be. */
const ids = [1, 64, 128, 65, 129, 5, 69, 133, 6, 70, 62, 126, 63, 127, LAST - 64, LAST].sort(compareLanes);

beforeAll(async () => {
  await startOver(sql);
  session = await openTransaction(sql);
});

function compareLanes(a: number, b: number): number {
  return (a & 63) - (b & 63) || a - b;
}

/** When the n-th delivery of every lane is due. */
const dueAt = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();

type Walk = { after?: number; most?: number; buckets?: number[] | null; floors?: Record<number, number> };

/** One walk from `after` on: the lanes, and which delivery of each it saw first. */
async function walk({ after = 0, most = 100, buckets = null, floors = {} }: Walk): Promise<[number, number][]> {
  const floored = Object.keys(floors).map(Number).sort(compareLanes);
  const [row] = await session.sql<{ webhook_ids: number[] | null; heads: string[] | null }[]>`
    select webhook_ids, to_json(heads) as heads from tocsin_internal.walk_lanes(${after}, ${most}, ${buckets}::smallint[],
      ${floored}::int[], ${floored.map((id) => dueAt(floors[id] as number))}::timestamptz[])`;
  return (row?.webhook_ids ?? []).map((id, n) => [id, new Date(row?.heads?.[n] as string).getUTCSeconds()]);
}

/** Lets each of these lanes hold deliveries due at second 0 to 4. */
async function fill(lanes: readonly number[]): Promise<void> {
  await session.sql`delete from tocsin_data.alert_delivery_queue`;
  await session.sql`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select ${dueAt(0)}::timestamptz + n * interval '1 s', n, n, l.id, 1, l.id & 63, 1
        from unnest(${[...lanes]}::int[]) as l(id) cross join generate_series(0, 4) n`;
}

const someLanes = fc.subarray(ids);
const someBuckets = fc.option(fc.subarray([0, 1, 5, 6, 7, 62, 63]), { freq: 3 });

test('round after round finds each own lane once, in turn, with its first from the floor on, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      someLanes,
      someBuckets,
      fc.dictionary(fc.constantFrom(...ids.map(String)), fc.nat(5), { maxKeys: 8 }),
      fc.integer({ min: 1, max: 6 }),
      async (lanes, buckets, floors, most) => {
        await fill(lanes);
        const isOwn = (id: number) => buckets === null || buckets.includes(id & 63);
        const found: [number, number][] = [];
        for (let after = 0, steps = 0; steps < 40; steps++) {
          const some = await walk({ after, most, buckets, floors });
          expect(some.length).toBeLessThanOrEqual(most);
          found.push(...some);
          if (some.length < most) break;
          after = some.at(-1)?.[0] as number;
        }
        expect(found.map(([id]) => id)).toEqual([...new Set(found.map(([id]) => id))].sort(compareLanes));
        const wanted = lanes.filter((id) => isOwn(id) && (floors[id] ?? 0) < 5);
        expect(found.filter(([id]) => isOwn(id))).toEqual(wanted.sort(compareLanes).map((id) => [id, floors[id] ?? 0]));
        // Of others it sees one at most for each bucket of its own, unless it has floors there.
        const foreign = found.filter(([id]) => !isOwn(id));
        if (Object.keys(floors).every((id) => isOwn(Number(id))))
          expect(foreign.length).toBeLessThanOrEqual(buckets?.length ?? 0);
      },
    ),
    { numRuns: 60 },
  );
});

describe('among all lanes', () => {
  const found = async (asked: Walk) => {
    await fill(ids);
    return (await walk(asked)).map(([id]) => id);
  };

  test('a walk finds all, and of the first and the last bucket all too', async () => {
    expect(await found({})).toEqual(ids);
    expect(await found({ buckets: [0] })).toEqual([64, 128]);
    expect(await found({ buckets: [63] })).toEqual([63, 127, LAST - 64, LAST]);
    expect(await found({ buckets: [63, 0] })).toEqual([64, 128, 63, 127, LAST - 64, LAST]);
  });

  test('a walk of nobody finds nothing, and of a bucket where nothing waits at most what lies behind', async () => {
    expect(await found({ buckets: [] })).toEqual([]);
    expect(await found({ buckets: [7] })).toEqual([62]);
    expect(await found({ buckets: [63], after: LAST })).toEqual([]);
  });

  test('the last webhook that there can be is found behind others of its bucket, with a floor before it or of its own', async () => {
    expect(await found({ after: 127 })).toEqual([LAST - 64, LAST]);
    expect(await found({ after: LAST - 64 })).toEqual([LAST]);
    expect(await found({ after: 127, floors: { [LAST - 64]: 4 } })).toEqual([LAST - 64, LAST]);
    expect(await found({ after: 127, floors: { [LAST]: 4 } })).toEqual([LAST - 64, LAST]);
    expect(await found({ floors: { [LAST]: 5 } })).toEqual(ids.slice(0, -1));
  });
});

test('a short claim is kept from few lanes only by what is urgent, due and its own', async () => {
  await fill([64, 5]);
  const isShort = async (buckets: number[] | null) => {
    const [row] = await session.sql<{ are_all: boolean; webhook_ids: number[] | null }[]>`
      select are_all, webhook_ids from tocsin_internal.walk_few(100, ${buckets}::smallint[], null, null)`;
    return row?.are_all ? row.webhook_ids : false;
  };
  expect([await isShort(null), await isShort([5]), await isShort([7])]).toEqual([[64, 5], [5], null]);
  await session.sql`update tocsin_data.alert_delivery_queue set is_urgent = true, due_at = now() + interval '1 h' where bucket = 5`;
  expect([await isShort(null), await isShort([5])]).toEqual([[64, 5], [5]]);
  await session.sql`update tocsin_data.alert_delivery_queue set due_at = now() - interval '1 h' where bucket = 5`;
  expect([await isShort(null), await isShort([5]), await isShort([0])]).toEqual([false, false, [64]]);
});
