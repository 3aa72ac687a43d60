// Floors: a claim that knows how far a lane was claimed begins there, and what lies below is found by a walk without floors.
import { beforeEach, expect, test } from 'bun:test';
import type { Queryable } from '../../src/store/sql.ts';
import { claim, claimRow, makeWebhook, makeWebhooks, openTransaction, raise, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
beforeEach(() => startOver(sql));

/** Puts so many deliveries, due since so many minutes, into a lane; their ids, ascending. */
async function pileUp(webhookId: number, count: number, minutes: number, session: Queryable = sql): Promise<number[]> {
  const rows = await session<{ delivery_id: number }[]>`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(d.id), d.id, d.id, ${webhookId}, 1, ${webhookId & 63}, 1
        from (select tocsin_internal.id_at(now() - ${minutes}::int * interval '1 minute') + n * 8192 as id
                from generate_series(1, ${count}::int) n) d
    returning delivery_id`;
  return rows.map(({ delivery_id }) => delivery_id);
}

const webhooksOf = (deliveries: readonly { webhookId: number }[]) => deliveries.map(({ webhookId }) => webhookId);

test('a claim of known lanes takes from these, a fair share each, and leaves its place in the round', async () => {
  const [a, b, c] = (await makeWebhooks(sql, 3, { events: ['none'] })) as [number, number, number];
  for (const id of [a, b, c]) await pileUp(id, 50, 10);
  const row = await claimRow(sql, { limit: 10, floors: { [a]: 0, [c]: 0 }, walks: false, after: b });
  expect([row.next_after_webhook_id, row.walk_us]).toEqual([b, null]);
  const taken = (row.webhook_ids ?? '').split(',').map(Number);
  expect([a, b, c].map((id) => taken.filter((each) => each === id).length)).toEqual([5, 0, 5]);
});

test('known lanes that are full, blocked, closed or gone give nothing', async () => {
  const [full, blocked, closed, well] = (await makeWebhooks(sql, 4, { events: ['none'], max_in_flight: 3 })) as [
    number,
    number,
    number,
    number,
  ];
  for (const id of [full, blocked, closed, well]) await pileUp(id, 5, 10);
  await sql`update tocsin_data.webhook_lanes set blocked_until = now() + interval '1 hour' where webhook_id = ${blocked}`;
  await sql`update tocsin_data.webhooks set is_active = false where webhook_id = ${closed}`;
  const floors = Object.fromEntries([full, blocked, closed, well, 999_999].map((id) => [id, 0]));
  const taken = await claim(sql, { limit: 50, floors, walks: false, busy: { [full]: 3 } });
  expect(webhooksOf(taken)).toEqual([well, well, well]);
});

test('a walk with floors serves each lane once in turn: with a floor, emptied, and unknown ones between and behind', async () => {
  const lanes = (await makeWebhooks(sql, 130, { events: ['none'] })).sort((a, b) => (a & 63) - (b & 63) || a - b);
  const floors: Record<number, number> = {};
  const waiting = new Set<number>();
  for (const [i, id] of lanes.entries()) {
    if (i % 3 !== 2) {
      await pileUp(id, 2, 10);
      waiting.add(id);
    }
    if (i % 4 !== 1) floors[id] = 0;
  }
  const served: number[] = [];
  let after = 0;
  do {
    const row = await claimRow(sql, { limit: 20, floors, after });
    served.push(...new Set((row.webhook_ids ?? '').split(',').map(Number)));
    after = row.next_after_webhook_id;
  } while (after !== 0);
  expect(served).toEqual(expect.arrayContaining([...waiting]));
  expect(served.length).toBe(waiting.size);
});

test('what lies below a floor waits for a walk without floors, which finds it whoever comes late', async () => {
  const webhook = await makeWebhook(sql, { events: ['none'] });
  await using late = await openTransaction(sql);
  const [first] = await pileUp(webhook, 1, 60, late.sql);
  const newer = await pileUp(webhook, 3, 30);
  const claimed = await claim(sql, { limit: 2 });
  expect(claimed.map(({ deliveryId }) => deliveryId)).toEqual(newer.slice(0, 2));
  await late.commit();
  const floors = { [webhook]: newer[1] as number };
  const next = await claim(sql, { floors, walks: false });
  expect(next.map(({ deliveryId }) => deliveryId)).toEqual([newer[2] as number]);
  expect(await claim(sql, { floors })).toEqual([]);
  const swept = await claim(sql, { overdueMs: 2_000 });
  expect(swept.map(({ deliveryId }) => deliveryId)).toEqual([first as number]);
});

test('what was raised in the last two seconds is not below the floor, whenever it was committed', async () => {
  const webhook = await makeWebhook(sql);
  await using late = await openTransaction(sql);
  await raise(late.sql);
  // As if a worker had claimed what is yet to be raised: the latest floor that there can be.
  const [floor] = await sql<{ id: number }[]>`select tocsin_internal.id_at(now() + interval '1 minute') as id`;
  const floors = { [webhook]: floor?.id as number };
  await late.commit();
  const next = await claim(sql, { floors, walks: false });
  const left = await sql<{ is_old: boolean }[]>`
    select due_at < clock_timestamp() - interval '2 seconds' as is_old from tocsin_data.alert_delivery_queue`;
  // However long a busy machine took for that: what is left became too old meanwhile.
  expect(next.length + left.filter(({ is_old }) => is_old).length).toBe(1);
});

test('an ordered webhook gives its oldest, whatever its floor says', async () => {
  for (const walks of [true, false]) {
    const webhook = await makeWebhook(sql, { events: ['none'], ordered: true });
    const [first] = await pileUp(webhook, 1, 60);
    const newer = await pileUp(webhook, 2, 30);
    const row = await claimRow(sql, { floors: { [webhook]: newer[0] as number }, walks });
    expect(row.delivery_ids).toBe(String(first));
  }
});

test('while a snapshot is held, a claim from the floors on reads none of what was claimed since', async () => {
  const lanes = await makeWebhooks(sql, 4, { events: ['none'], max_in_flight: 1000 });
  const floors: Record<number, number> = {};
  for (const id of lanes) floors[id] = (await pileUp(id, 20_000, 30))[19_000] as number;
  await using old = await openTransaction(sql);
  await old.sql`set transaction isolation level repeatable read`;
  await old.sql`select count(*) from tocsin_data.alert_delivery_queue`;
  for (const id of lanes)
    await sql`delete from tocsin_data.alert_delivery_queue where webhook_id = ${id} and delivery_id <= ${floors[id] as number}`;
  const all = await pagesOfClaim({}, true);
  expect(await pagesOfClaim(floors, true)).toBeLessThan(all / 4);
  expect(await pagesOfClaim(floors, false)).toBeLessThan(all / 4);
});

/** Pages that a claim of 40 touches, its own changes rolled back. */
async function pagesOfClaim(floors: Record<number, number>, walks: boolean): Promise<number> {
  const ids = Object.keys(floors)
    .map(Number)
    .sort((a, b) => (a & 63) - (b & 63) || a - b);
  let pages = Number.NaN;
  await sql
    .begin(async (tx) => {
      // The first claim of a session plans and reads catalogues.
      for (let i = 0; i < 2; i++) {
        const [row] = await tx<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }[]>`
          explain (analyze, buffers, format json)
            select * from tocsin.claim_deliveries(null, 40, 60000, 0, null, 0, null, null, ${ids}::int[],
              ${ids.map((id) => floors[id] as number)}::bigint[], ${walks})`;
        const plan = row?.['QUERY PLAN'][0].Plan ?? {};
        pages = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
      }
      throw new Error('roll back');
    })
    .catch((error: Error) => expect(error.message).toBe('roll back'));
  return pages;
}
