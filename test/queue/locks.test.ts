// Locks: whoever records, maintains, enables, changes and retries at the same time waits at most, and never in a circle.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  isBlocked,
  makeWebhook,
  makeWebhooks,
  makeWorker,
  openTransaction,
  outcomeFor,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 12 });
const api = makeApi(sql);
beforeEach(() => startOver(sql));

const lockLane = (tx: typeof sql, webhook: number) =>
  tx`select from tocsin_data.webhook_lanes where webhook_id = ${webhook} for update`;

describe('two that need the same webhook', () => {
  test('wait for one another in one order, also when one of them disables it', async () => {
    const webhook = await makeWebhook(sql, { max_in_flight: 100 });
    await raiseMany(sql, 4);
    const batch = await claim(sql);
    // Both queue up behind the same lane: in which order they then hold what the other needs decides.
    await using gate = await openTransaction(sql);
    await lockLane(gate.sql as typeof sql, webhook);
    await using one = await openTransaction(sql);
    await using other = await openTransaction(sql);
    const gone = record(one.sql, batch.slice(0, 1), 410, { closed: [] });
    await until(() => isBlocked(sql, one));
    const failed = record(other.sql, batch.slice(1, 2), 500, { closed: [] }).catch((error) => error);
    await until(() => isBlocked(sql, other));
    await gate.commit();
    expect(await gone).toEqual({ recorded: 1, late: 0 });
    await one.commit();
    // They share a lease, so the second waited for the first from the start.
    expect(await failed).toEqual({ recorded: 1, late: 0 });
    await other.commit();
  });

  test('with leases of their own too, be it a failure, 410, an enabling or a health report', async () => {
    const webhook = await makeWebhook(sql, { max_in_flight: 100 });
    await raiseMany(sql, 60);
    const claimed: Delivery[][] = [];
    while (claimed.length < 60) claimed.push(await claim(sql, { limit: 1 }));
    const actions = [
      (tx: typeof sql) => record(tx, claimed.pop() as Delivery[], 410),
      (tx: typeof sql) => record(tx, claimed.pop() as Delivery[], 500),
      (tx: typeof sql) => makeApi(tx).webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: webhook }),
      (tx: typeof sql) => tx`select tocsin.update_webhook_health(${webhook}, 500, 1)`.then(() => undefined),
      (tx: typeof sql) =>
        makeApi(tx).webhooks.update_webhook({ p_tenant_id: 1, p_webhook_id: webhook, p_changes: { name: 'x' } }),
    ];
    for (const first of actions) {
      for (const second of actions) {
        await sql`update tocsin_data.webhooks set is_active = true`;
        await sql`update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null`;
        await sql`update tocsin_data.webhook_health_metrics set breaker_state = 'half_open', blocked_until = null`;
        await using gate = await openTransaction(sql);
        await using one = await openTransaction(sql);
        await using other = await openTransaction(sql);
        await lockLane(gate.sql as typeof sql, webhook);
        const commitAfter = async (session: typeof one, action: (typeof actions)[number]) => {
          await action(session.sql as typeof sql);
          await session.commit();
        };
        const both = [commitAfter(one, first)];
        await until(() => isBlocked(sql, one));
        both.push(commitAfter(other, second));
        await until(() => isBlocked(sql, other));
        await gate.commit();
        await Promise.all(both);
      }
    }
  });
});

test('maintenance waits for no row that recording or a claim has locked', async () => {
  const [failing, well, shut] = (await makeWebhooks(sql, 3, { max_in_flight: 100 })) as [number, number, number];
  await raiseMany(sql, 6);
  const batch = await claim(sql);
  const of = (webhook: number) => batch.filter((d) => d.webhookId === webhook);
  await record(sql, [...of(well), ...of(failing).slice(0, 1)], 200, { closed: [] });
  await raiseMany(sql, 2);
  await using recording = await openTransaction(sql);
  await record(recording.sql, of(failing).slice(1), 500, { closed: [] });
  await using claiming = await openTransaction(sql);
  await lockLane(claiming.sql as typeof sql, shut);
  await using parking = await openTransaction(sql);
  await parking.sql`set local statement_timeout = '5s'`;
  await sql`update tocsin_data.webhook_lanes set blocked_until = now() + interval '1 hour' where webhook_id = ${well}`;
  const done = await makeApi(parking.sql).workers.run_maintenance();
  expect(done).toMatchObject({ parked: 2, folded: 1 });
});

test('nothing ends in a deadlock while everything goes on at once', async () => {
  const [{ name } = { name: '' }] = await sql<{ name: string }[]>`select current_database() as name`;
  await sql.unsafe(`alter database ${name} set deadlock_timeout = '50ms'`);
  const policy = { schedule: [0], max_retries: 5 };
  const plain = await makeWebhooks(sql, 6, { max_in_flight: 50, retry_policy: policy });
  const ordered = await makeWebhooks(sql, 3, { ordered: true, retry_policy: policy });
  const limited = await makeWebhooks(sql, 3, { rate_limit_per_second: 500, retry_policy: policy });
  const all = [...plain, ...ordered, ...limited];
  const any = () => all[Math.floor(Math.random() * all.length)] as number;
  const codes = [200, 200, 200, 500, 503, 429, 410];
  const errors: unknown[] = [];
  const end = performance.now() + 2_500;
  const turns = (action: () => Promise<unknown>) =>
    (async () => {
      while (performance.now() < end) {
        await action().catch((error) => {
          // What a request may be told is no fault; a deadlock or any other surprise is.
          if (!['STALE', 'NTFND', 'INVLD'].includes(error.code)) errors.push(error);
        });
      }
    })();
  const work = async () => {
    const worker = await makeWorker(sql);
    await turns(async () => {
      const batch = await claim(sql, { worker, limit: 40 });
      await record(sql, batch, () => outcomeFor(codes[Math.floor(Math.random() * codes.length)] as number), { worker });
    });
  };
  const update = (webhook: number, p_changes: object) =>
    api.webhooks.update_webhook({ p_tenant_id: 1, p_webhook_id: webhook, p_changes } as never);
  await Promise.all([
    work(),
    work(),
    work(),
    turns(() => raiseMany(sql, 5)),
    turns(() => api.workers.run_maintenance()),
    turns(() => api.webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: any() })),
    turns(() => update(any(), { is_active: Math.random() < 0.8 })),
    turns(() =>
      sql`update tocsin_data.webhooks set updated_at = now() where webhook_id = ${any()}`.then(() => undefined),
    ),
    turns(async () => {
      await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 s' where random() < 0.1`;
      await sql`update tocsin_data.webhook_lanes set blocked_until = null where webhook_id = ${any()}`;
      const [row] = await sql`select delivery_id from tocsin_data.alert_delivery_log order by random() limit 1`;
      if (row) await api.deliveries.retry_delivery({ p_delivery_id: row.delivery_id });
    }),
  ]);
  expect(errors).toEqual([]);
  const [row] = await sql`select count(*) as attempts, count(distinct webhook_id) as webhooks
    from tocsin_data.alert_delivery_log where webhook_id = any (${all})`;
  expect(row?.attempts).toBeGreaterThan(100);
  expect(row?.webhooks).toBe(12);
});
