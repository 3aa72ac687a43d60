// Partitions: made ahead, dropped by age without keeping anyone waiting, never while a delivery of their time is alive.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  countPlaces,
  isBlocked,
  makeWebhook,
  openSession,
  openTransaction,
  raise,
  raiseMany,
  record,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 6 });
const workers = makeApi(sql).workers;
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString();
const maintain = (days = 0, p_retention_days?: number) =>
  workers.maintain_partitions({ p_now: inDays(days), ...(p_retention_days && { p_retention_days }) });

const partitions = async (parent: string) =>
  (
    await sql<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = ${`tocsin_data.${parent}`}::regclass order by 1`
  ).map(({ name }) => name);

/** Time passes: everything that the queue knows becomes so many days older, in partitions of that time. */
async function age(days: number): Promise<void> {
  const back = `tocsin_internal.id_at(now()) - tocsin_internal.id_at(now() - interval '${days} days')`;
  await sql.unsafe(`
    do $$ begin
      perform tocsin_internal.make_partitions(now() - interval '${days} days');
      update tocsin_data.alerts set alert_id = alert_id - (${back}), first_delivery_id = first_delivery_id - (${back}),
        last_delivery_id = last_delivery_id - (${back});
      update tocsin_data.alert_delivery_log set delivery_id = delivery_id - (${back}), alert_id = alert_id - (${back});
      update tocsin_data.idempotency_keys set alert_id = alert_id - (${back});
      update tocsin_data.alert_dedupe_keys set alert_id = alert_id - (${back});
      update tocsin_data.alert_delivery_queue set delivery_id = delivery_id - (${back}), alert_id = alert_id - (${back});
      update tocsin_data.alert_delivery_parked set delivery_id = delivery_id - (${back}), alert_id = alert_id - (${back});
      update tocsin_data.alert_delivery_retries set delivery_id = delivery_id - (${back}), alert_id = alert_id - (${back});
      update tocsin_data.webhooks set deleted_at = deleted_at - interval '${days} days';
    end $$`);
}

beforeEach(async () => {
  await startOver(sql);
  await sql.unsafe('truncate tocsin_data.alerts, tocsin_data.alert_delivery_log, tocsin_data.idempotency_keys');
  await sql`update tocsin_data.settings set value = 30 where name = 'retention_days'`;
});

describe('partitions', () => {
  test('reach a week ahead, are made once, and a second maker finds the work done', async () => {
    await maintain();
    const [row] = await sql`select to_char(now() at time zone 'UTC' + interval '7 days', 'YYYYMMDD') as day`;
    for (const parent of ['alerts', 'alert_delivery_log'])
      expect(await partitions(parent)).toContain(`${parent}_${row?.day}`);
    expect((await maintain()).made).toBe(0);
    const [one, other] = await Promise.all([maintain(1), maintain(1)]);
    expect(one.made + other.made).toBe(2);
  });

  test('are made by whoever raises when nobody made them in time, and by one of two at once', async () => {
    await makeWebhook(sql);
    await sql.unsafe(`do $$ declare p regclass; begin
      for p in select inhrelid::regclass from pg_inherits
                where inhparent in ('tocsin_data.alerts'::regclass, 'tocsin_data.alert_delivery_log'::regclass)
      loop execute 'drop table ' || p; end loop;
      update tocsin_data.settings set value = 0 where name = 'partition_horizon'; end $$`);
    await using first = await openTransaction(sql);
    await raise(first.sql);
    await using second = await openSession(sql);
    const waiting = raise(second.sql);
    await until(() => isBlocked(sql, second));
    await first.commit();
    await waiting;
    await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()]);
    expect(await record(sql, await claim(sql))).toMatchObject({ recorded: 2 });
  });

  test('older than the retention time are dropped with what is in them, and younger ones stay', async () => {
    await makeWebhook(sql);
    await raise(sql, { p_dedupe_key: 'old', p_idempotency_key: 'old' });
    await record(sql, await claim(sql));
    await age(41);
    const young = await raise(sql, { p_dedupe_key: 'young', p_idempotency_key: 'young' });
    await record(sql, await claim(sql));
    expect((await maintain()).dropped).toBeGreaterThanOrEqual(3);
    expect(await countPlaces(sql)).toEqual({ log_delivered: 1 });
    expect((await sql`select alert_id from tocsin_data.alerts`).map((row) => row.alert_id)).toEqual([young]);
    expect((await sql`select key from tocsin_data.idempotency_keys`).map((row) => row.key)).toEqual(['young']);
    expect((await sql`select dedupe_key as key from tocsin_data.alert_dedupe_keys`).map((row) => row.key)).toEqual([
      'young',
    ]);
    expect((await maintain()).dropped).toBe(0);
  });

  test('follow a changed retention time, which is a day at least', async () => {
    await age(9);
    expect((await maintain(0, 20)).dropped).toBe(0);
    expect((await maintain(0, 3)).dropped).toBeGreaterThanOrEqual(2);
    await expect(workers.maintain_partitions({ p_retention_days: 0 })).rejects.toMatchObject({ code: 'INVLD' });
    const [row] = await sql`select value from tocsin_data.settings where name = 'retention_days'`;
    expect(row?.value).toBe(3);
  });
});

describe('dropping', () => {
  test('gives up at once when someone reads, so that raising goes on, and succeeds when they are done', async () => {
    await makeWebhook(sql);
    await age(40);
    await age(45);
    await using reader = await openTransaction(sql);
    await reader.sql`select count(*) from tocsin_data.alerts`;
    const [before, logsBefore] = [await partitions('alerts'), await partitions('alert_delivery_log')];
    const [, alertId] = await Promise.all([maintain(), raise(sql)]);
    expect(await partitions('alerts')).toEqual(before);
    // One attempt, not one for each of the partitions: nobody reads the later ones of the log, and they are there still.
    expect(await partitions('alert_delivery_log')).toEqual(expect.arrayContaining(logsBefore.slice(1)));
    expect(alertId).toBePositive();
    await reader.commit();
    await reader[Symbol.asyncDispose]();
    expect((await maintain()).dropped).toBeGreaterThanOrEqual(4);
  });

  test('does not fail because a transaction that never ends holds an old dedupe key', async () => {
    await raise(sql, { p_dedupe_key: 'held' });
    await age(40);
    await using holder = await openTransaction(sql);
    await holder.sql`select from tocsin_data.alert_dedupe_keys for update`;
    expect((await maintain()).dropped).toBeGreaterThanOrEqual(2);
    await holder[Symbol.asyncDispose]();
  });

  test('leaves the partitions of what is being sent, so that its result can be recorded', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 2);
    await age(40);
    await sql`update tocsin_data.alert_delivery_queue set due_at = tocsin_internal.id_time(delivery_id)`;
    // Nobody worked for forty days; now a worker has claimed, and maintenance runs before the result is in.
    const flight = await claim(sql);
    expect(flight).toHaveLength(2);
    await maintain();
    await record(sql, flight, (d) => ({
      outcome: d === flight[0] ? 'delivered' : 'failed',
      status_code: null,
      response_ms: 1,
      error: null,
      response_body: null,
      retry_after_seconds: null,
    }));
    expect(await countPlaces(sql)).toEqual({ log_delivered: 1, queue: 1, log_retrying: 1 });
    expect(await maintain()).toMatchObject({ expired: 1 });
    expect(await countPlaces(sql)).toEqual({});
  });
});

describe('what waits for nearly the retention time', () => {
  test('has failed visibly a day before its partition goes, wherever it waits', async () => {
    const shut = await makeWebhook(sql, { is_active: false });
    const slow = await makeWebhook(sql, { retry_policy: { schedule: [604_800] } });
    await raise(sql);
    await record(sql, await claim(sql), 500);
    await workers.run_maintenance();
    await makeWebhook(sql);
    await raise(sql);
    expect(await countPlaces(sql)).toEqual({ queue: 3, parked: 1, retries: 1, log_retrying: 1 });
    await age(28);
    expect(await maintain()).toMatchObject({ expired: 0 });
    // In the first hours of a day this is a day further back than a working system has ever had to look.
    await sql`select tocsin_internal.make_partitions(now() - interval '29.2 days')`;
    await age(1.2);
    expect(await maintain()).toMatchObject({ expired: 5 });
    expect(await countPlaces(sql)).toEqual({ log_retrying: 1, log_failed: 5 });
    const ends =
      await sql`select webhook_id, error, attempt from tocsin_data.alert_delivery_log where error = 'expired'`;
    expect(ends).toHaveLength(5);
    expect(ends.filter((row) => row.webhook_id === shut)).toHaveLength(2);
    expect(ends.filter((row) => row.webhook_id === slow && row.attempt === 2)).toHaveLength(1);
  });

  test('is half a day where the retention time is one day, and what is fresh is left alone', async () => {
    await makeWebhook(sql, { is_active: false });
    await raise(sql);
    await workers.run_maintenance();
    expect(await maintain(0, 1)).toMatchObject({ expired: 0 });
    await age(0.6);
    expect(await maintain(0, 1)).toMatchObject({ expired: 1 });
    expect(await countPlaces(sql)).toEqual({ log_failed: 1 });
  });

  test('ends in one run however much it is', async () => {
    await makeWebhook(sql, { is_active: false });
    await raiseMany(sql, 6000);
    await raiseMany(sql, 6000);
    for (let n = 0; n < 3; n++) await workers.run_maintenance();
    await age(29.5);
    expect(await maintain()).toMatchObject({ expired: 12_000 });
  });
});

test('a deleted webhook is forgotten when its log is gone, not before', async () => {
  const [webhook, kept] = [await makeWebhook(sql), await makeWebhook(sql)];
  await makeApi(sql).webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
  const known = async () =>
    (await sql`select webhook_id from tocsin_data.webhook_lanes order by 1`).map((row) => row.webhook_id);
  await age(30);
  await maintain();
  expect(await known()).toEqual([webhook, kept]);
  await age(2);
  await maintain();
  expect(await known()).toEqual([kept]);
});
