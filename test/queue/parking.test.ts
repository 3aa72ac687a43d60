// Shut webhooks: what waits is parked and brought back, none lost and none doubled, and a deleted webhook's ends readably.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  countPlaces,
  makeWebhook,
  makeWebhooks,
  openTransaction,
  raise,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 8 });
const api = makeApi(sql);
const maintain = () => api.workers.run_maintenance();
beforeEach(async () => {
  await startOver(sql);
  await sql`truncate tocsin_data.alert_delivery_log`;
});

const setActive = (webhook: number, isActive: boolean) =>
  sql`update tocsin_data.webhooks set is_active = ${isActive} where webhook_id = ${webhook}`;
const block = (webhook: number) =>
  sql`update tocsin_data.webhook_lanes set blocked_until = now() + interval '1 hour' where webhook_id = ${webhook}`;
const reopen = (webhook: number) =>
  sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null where webhook_id = ${webhook}`;
/** Every delivery of every place, once each; throws away nothing. */
const everywhere = async () => {
  const rows = await sql<{ id: number }[]>`
    select delivery_id as id from tocsin_data.alert_delivery_queue
    union all select delivery_id from tocsin_data.alert_delivery_parked
    union all select delivery_id from tocsin_data.alert_delivery_retries
    union all select m.id from tocsin_data.alert_delivery_leases l cross join unnest(l.delivery_ids, l.attempts) as m(id, attempt)
     where not exists (select from tocsin_data.alert_delivery_log g where g.delivery_id = m.id and g.attempt = m.attempt)
    union all select delivery_id from tocsin_data.alert_delivery_log where status in ('delivered', 'failed', 'cancelled')`;
  return rows.map(({ id }) => id).sort((a, b) => a - b);
};
const raised = async () => {
  const [row] = await sql`select coalesce(sum(delivery_count), 0)::int as n from tocsin_data.alerts
    where alert_id > tocsin_internal.id_at(${begun}::timestamptz)`;
  return row?.n as number;
};
let begun: string;
beforeEach(async () => {
  begun = (await sql`select clock_timestamp()::text as at`)[0]?.at;
});

describe('a disabled webhook', () => {
  test('has its deliveries parked, also those raised later, and gets them all when it is enabled', async () => {
    const webhook = await makeWebhook(sql, { max_in_flight: 100 });
    const alerts = await raiseMany(sql, 4);
    await setActive(webhook, false);
    expect(await claim(sql)).toEqual([]);
    expect(await maintain()).toMatchObject({ parked: 4 });
    alerts.push(await raise(sql));
    expect(await maintain()).toMatchObject({ parked: 1, unparked: 0 });
    expect(await countPlaces(sql)).toEqual({ parked: 5 });
    await setActive(webhook, true);
    alerts.push(await raise(sql));
    expect(await maintain()).toMatchObject({ unparked: 5 });
    const [lane] = await sql`select parked from tocsin_data.webhook_lanes where webhook_id = ${webhook}`;
    expect(lane?.parked).toBeFalse();
    const claimed = await claim(sql);
    expect(claimed.map((d) => d.alertId).sort((a, b) => a - b)).toEqual(alerts);
  });

  test('still has recorded what was in flight, and its retry waits too', async () => {
    const webhook = await makeWebhook(sql, { retry_policy: { schedule: [1] } });
    await raise(sql);
    const flight = await claim(sql);
    await setActive(webhook, false);
    await record(sql, flight, 500);
    await maintain();
    expect(await countPlaces(sql)).toEqual({ parked: 1, log_retrying: 1 });
  });

  test('is emptied in portions, however much has piled up', async () => {
    const webhook = await makeWebhook(sql, { is_active: false });
    for (let n = 0; n < 2; n++) await raiseMany(sql, 6000);
    expect(await maintain()).toMatchObject({ parked: 5000 });
    await maintain();
    expect(await maintain()).toMatchObject({ parked: 2000 });
    await setActive(webhook, true);
    let unparked = 0;
    for (let n = 0; n < 3; n++) unparked += (await maintain())?.unparked ?? 0;
    expect(unparked).toBe(12_000);
    expect(await countPlaces(sql)).toEqual({ queue: 12_000 });
  });
});

describe('a lane that is brought back', () => {
  test('stays known as parked while another transaction holds some of its rows', async () => {
    const webhook = await makeWebhook(sql, { is_active: false });
    await raiseMany(sql, 3);
    await maintain();
    await using holder = await openTransaction(sql);
    await holder.sql`select from tocsin_data.alert_delivery_parked order by delivery_id limit 2 for update`;
    await setActive(webhook, true);
    expect(await maintain()).toMatchObject({ unparked: 1 });
    expect(await maintain()).toMatchObject({ unparked: 0 });
    await holder.rollback();
    await holder[Symbol.asyncDispose]();
    expect(await maintain()).toMatchObject({ unparked: 2 });
  });

  test('loses and doubles nothing while alerts are raised, claimed, recorded and lanes shut and opened all at once', async () => {
    const webhooks = await makeWebhooks(sql, 4, {
      max_in_flight: 1000,
      retry_policy: { schedule: [0.1], max_retries: 3 },
    });
    let isOver = false;
    const whileNotOver = async (turn: () => Promise<unknown>) => {
      try {
        while (!isOver) await turn();
      } finally {
        isOver = true;
      }
    };
    const turns = [
      whileNotOver(() => raiseMany(sql, 20)),
      whileNotOver(() => raise(sql)),
      whileNotOver(maintain),
      whileNotOver(async () => record(sql, await claim(sql, { limit: 30 }), Math.random() < 0.7 ? 200 : 500)),
      whileNotOver(async () => record(sql, (await claim(sql, { limit: 8 })).slice(1))),
      (async () => {
        for (let n = 0; n < 100; n++) {
          if (n % 5 === 0) await reopen(webhooks[n % 4] as number);
          const webhook = webhooks[n % 3] as number;
          if (n % 4 === 3) await block(webhook);
          else await setActive(webhook, n % 3 > 0);
        }
        isOver = true;
      })(),
    ];
    await Promise.all(turns);
    const all = await everywhere();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBe(await raised());
    // And all of it can still be delivered.
    await sql`update tocsin_data.webhooks set is_active = true`;
    await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
    for (let round = 0; round < 200; round++) {
      await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null`;
      await sql`update tocsin_data.alert_delivery_queue set due_at = least(due_at, now())`;
      const moved = await maintain();
      const batch = await claim(sql, { limit: 500 });
      await record(sql, batch);
      if (batch.length === 0 && moved?.unparked === 0 && moved.reaped === 0) break;
    }
    expect(Object.keys(await countPlaces(sql)).filter((place) => !place.startsWith('log_'))).toEqual([]);
    expect((await everywhere()).length).toBe(all.length);
  });
});

describe('a deleted webhook', () => {
  test('has what waits cancelled wherever it waits, what was in flight recorded, and its log stays readable', async () => {
    const webhook = await makeWebhook(sql, { retry_policy: { schedule: [7200] } });
    await raiseMany(sql, 5);
    const flight = await claim(sql, { limit: 3 });
    await record(sql, flight.slice(0, 1), 200, { closed: [] });
    await record(sql, flight.slice(1, 2), 500, { closed: [] });
    expect(await countPlaces(sql)).toMatchObject({ queue: 2, retries: 1, leased: 3 });
    await api.webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
    expect(await claim(sql)).toEqual([]);
    expect(await maintain()).toMatchObject({ cancelled: 3 });
    await record(sql, flight.slice(2), 500);
    expect(await maintain()).toMatchObject({ cancelled: 0 });
    expect(await countPlaces(sql)).toEqual({ log_delivered: 1, log_retrying: 1, log_cancelled: 4 });
    const log = await sql`
      select status, error from tocsin_data.alert_delivery_log where webhook_id = ${webhook} order by delivery_id, attempt`;
    expect(log.filter((row) => row.error === 'webhook_deleted')).toHaveLength(3);
    await raise(sql);
    expect(await countPlaces(sql)).toMatchObject({ log_cancelled: 4 });
  });

  test('cancels also what a transaction raised that began before the deletion', async () => {
    const webhook = await makeWebhook(sql);
    await using session = await openTransaction(sql);
    await raise(session.sql);
    await api.webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
    await session.commit();
    await session[Symbol.asyncDispose]();
    await maintain();
    await maintain();
    expect(await countPlaces(sql)).toEqual({ log_cancelled: 1 });
  });
});
