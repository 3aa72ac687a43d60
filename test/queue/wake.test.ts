// Waking: a NOTIFY when and only when a worker sleeps, never a lost one, and never for what is rolled back.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { openAlarm } from '../../src/store/alarm.ts';
import { openSql } from '../../src/store/sql.ts';
import { claim, isBlocked, makeWebhook, openTransaction, raise, record, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql, url } = await testDatabase({ max: 6 });
beforeEach(() => startOver(sql));

let rings = 0;
let settled = 0;
// postgres.js hands the payload on, which the worker has no use for.
const alarm = await openAlarm(url, (payload?: string) => {
  if (payload === 'settle') settled++;
  else rings++;
});
const other = await openAlarm(url, () => undefined);
afterAll(() => Promise.all([alarm.stop(), other.stop()]));

/** What was sent before has arrived: notifications come in the order of commits. */
async function settle(): Promise<void> {
  const before = settled;
  await sql`select pg_notify('tocsin_ready', 'settle')`;
  await until(() => settled > before);
}
const ringsOf = async (action: () => Promise<unknown>) => {
  await settle();
  const before = rings;
  await action();
  await settle();
  return rings - before;
};
const disarmed = async (which = alarm) => {
  which.disarm();
  await until(async () => {
    // Of this database: other tests run on the same server.
    const held = await sql`select from pg_locks where locktype = 'advisory' and objid = 1 and mode = 'ExclusiveLock'
      and database = (select oid from pg_database where datname = current_database())`;
    return held.length === 0;
  });
};

describe('raising', () => {
  test('notifies once per transaction while a worker sleeps, and not at all otherwise', async () => {
    await makeWebhook(sql);
    expect(await ringsOf(() => raise(sql))).toBe(0);
    expect(await alarm.arm()).toBeTrue();
    expect(await ringsOf(() => raise(sql))).toBe(1);
    const thrice = () => sql.begin(async (tx) => void (await Promise.all([raise(tx), raise(tx), raise(tx)])));
    expect(await ringsOf(thrice)).toBe(1);
    await disarmed();
    expect(await ringsOf(() => raise(sql))).toBe(0);
  });

  test('does not notify for an alert that reaches nobody or that is rolled back', async () => {
    await makeWebhook(sql, { events: ['other'] });
    await alarm.arm();
    expect(await ringsOf(() => raise(sql))).toBe(0);
    await using session = await openTransaction(sql);
    expect(
      await ringsOf(async () => {
        await raise(session.sql, { p_alert_type: 'other' });
        await session.rollback();
      }),
    ).toBe(0);
    await session[Symbol.asyncDispose]();
    await disarmed();
  });
});

describe('between the last look and the sleep', () => {
  test('a transaction that began before keeps the worker from falling asleep until its rows can be seen', async () => {
    await makeWebhook(sql);
    await using session = await openTransaction(sql);
    await raise(session.sql);
    // The worker looks, finds nothing, and may not lie down: nobody would wake it.
    expect(await claim(sql)).toEqual([]);
    expect(await alarm.arm()).toBeFalse();
    await session.commit();
    await session[Symbol.asyncDispose]();
    expect(await alarm.arm()).toBeTrue();
    expect(await claim(sql)).toHaveLength(1);
    await disarmed();
  });

  test('a transaction that raises after it lay down rings when it commits, not before', async () => {
    await makeWebhook(sql);
    await using session = await openTransaction(sql);
    await session.sql`select 1`;
    expect(await alarm.arm()).toBeTrue();
    expect(await claim(sql)).toEqual([]);
    expect(await ringsOf(() => raise(session.sql))).toBe(0);
    expect(await ringsOf(() => session.commit())).toBe(1);
    await session[Symbol.asyncDispose]();
    expect(await claim(sql)).toHaveLength(1);
    await disarmed();
  });

  test('only one of two workers sleeps by the alarm, and the next may when it wakes', async () => {
    expect(await alarm.arm()).toBeTrue();
    expect(await other.arm()).toBeFalse();
    await disarmed();
    expect(await other.arm()).toBeTrue();
    await disarmed(other);
  });

  test('raising never waits for a worker, asleep or lying down', async () => {
    await makeWebhook(sql);
    const pool = openSql(url, { max: 1 });
    await alarm.arm();
    await using session = await openTransaction(sql);
    await raise(session.sql);
    expect(await isBlocked(sql, session)).toBeFalse();
    await session[Symbol.asyncDispose]();
    await pool.end();
    await disarmed();
  });
});

test('maintenance wakes the sleeping when it brings something back, and not when it does not', async () => {
  const workers = makeApi(sql).workers;
  await makeWebhook(sql, { retry_policy: { schedule: [600] } });
  await raise(sql);
  await record(sql, await claim(sql), 500);
  await alarm.arm();
  expect(await ringsOf(() => workers.run_maintenance())).toBe(0);
  await sql`update tocsin_data.alert_delivery_retries set due_at = now()`;
  expect(await ringsOf(() => workers.run_maintenance())).toBe(1);
  await claim(sql);
  await sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
  expect(await ringsOf(() => workers.run_maintenance())).toBe(1);
  await disarmed();
});
