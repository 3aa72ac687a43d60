// Several claims at once, of few plain lanes and of known ones: nothing twice, nothing waited for, and nothing left behind.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { type ClaimChanges, claim, makeWebhook, openTransaction, raiseMany, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 10 });
/** Two of bucket 5, and one of bucket 6. */
const [first, second, apart] = [1_000_005, 1_000_069, 1_000_006] as const;
const all = [first, second, apart];

beforeEach(async () => {
  await startOver(sql);
  for (const webhook_id of all) await makeWebhook(sql, { webhook_id, max_in_flight: 1000 });
});

const ways: [string, ClaimChanges][] = [
  ['that looks for lanes', {}],
  ['of lanes that it knows', { walks: false, floors: Object.fromEntries(all.map((id) => [id, 0])) }],
];
const idsOf = (deliveries: { deliveryId: number }[]) => deliveries.map(({ deliveryId }) => deliveryId);
const waiting = async (webhooks: readonly number[]) =>
  (
    await sql`select delivery_id from tocsin_data.alert_delivery_queue where webhook_id = any (${[...webhooks]}) order by 1`
  ).map(({ delivery_id }): number => delivery_id);
const ascending = (ids: number[]) => [...ids].sort((a, b) => a - b);

/** A claim that fails rather than wait for anybody. */
async function claimAtOnce(changes: ClaimChanges, session: Queryable = sql): Promise<number[]> {
  const [row] = await session`select set_config('statement_timeout', '10s', false) as set`;
  expect(row?.set).toBe('10s');
  return ascending(idsOf(await claim(session, changes)));
}

describe.each(ways)('a claim %s', (_, way) => {
  test('where somebody takes rows out of a bucket takes all but those, and they are there again if he thinks better', async () => {
    await raiseMany(sql, 4);
    const [taken, ...others] = await waiting(all);
    await using other = await openTransaction(sql);
    await other.sql`select tocsin_internal.share_bucket(5::smallint)`;
    await other.sql`delete from tocsin_data.alert_delivery_queue where delivery_id = ${taken as number}`;
    await using mine = await openTransaction(sql);
    expect(await claimAtOnce(way, mine.sql)).toEqual(others);
    await mine.commit();
    await other.rollback();
    expect(await claimAtOnce(way)).toEqual([taken as number]);
  });

  test('where another claim is alone in a bucket leaves that to it, and takes all of the others', async () => {
    await raiseMany(sql, 4);
    await using other = await openTransaction(sql);
    const theirs = idsOf(await claim(other.sql, { buckets: [5], limit: 2 }));
    expect(theirs).toHaveLength(2);
    const others = await waiting([apart]);
    expect(await claimAtOnce(way)).toEqual(others);
    await other.commit();
    const rest = await claimAtOnce(way);
    expect(rest).toHaveLength(6);
    expect(rest.filter((id) => theirs.includes(id))).toEqual([]);
  });

  test('that is taken back leaves all as it was, its lock too', async () => {
    await raiseMany(sql, 3);
    const before = await waiting(all);
    await using other = await openTransaction(sql);
    expect(ascending(idsOf(await claim(other.sql, way)))).toEqual(before);
    expect(await claimAtOnce(way)).toEqual([]);
    await other.rollback();
    expect(await claimAtOnce(way)).toEqual(before);
  });

  test('while a sweep or a reader without a worker is at the same lanes takes nothing that they take', async () => {
    await raiseMany(sql, 40);
    await sql`update tocsin_data.alert_delivery_queue set due_at = due_at - interval '1 minute'`;
    const everything = await waiting(all);
    await using sweep = await openTransaction(sql);
    const swept = idsOf(await claim(sweep.sql, { overdueMs: 2_000, limit: 9 }));
    await using reader = await openTransaction(sql);
    const read = (await makeApi(reader.sql).workers.get_ready_deliveries({ p_limit: 9 })).map((d) => d.delivery_id);
    const claimed = [...swept, ...read, ...(await claimAtOnce(way))];
    await sweep.commit();
    await reader.commit();
    claimed.push(...(await claimAtOnce({ ...way, limit: 200 })));
    expect(ascending(claimed)).toEqual(everything);
  });
});

test('of sessions that claim in all ways with none committing before all have claimed, each delivery goes to one', async () => {
  await raiseMany(sql, 60);
  const everything = await waiting(all);
  const sessions = await Promise.all(Array.from({ length: 6 }, () => openTransaction(sql)));
  const claimed: number[] = [];
  for (let round = 0; claimed.length < everything.length && round < 60; round++) {
    const batches = await Promise.all(
      sessions.map(async (session, n) => {
        if (n === 0)
          return (await makeApi(session.sql).workers.get_ready_deliveries({ p_limit: 7 })).map((d) => d.delivery_id);
        const way = [ways[0]?.[1], ways[1]?.[1], { buckets: [5] }, { overdueMs: 1, limit: 5 }][(n + round) % 4];
        return idsOf(await claim(session.sql, { limit: 11, ...way }));
      }),
    );
    claimed.push(...batches.flat());
    await Promise.all(sessions.map((session) => session.commit()));
    await Promise.all(sessions.map((session) => session.begin()));
  }
  await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  expect(ascending(claimed)).toEqual(everything);
});
