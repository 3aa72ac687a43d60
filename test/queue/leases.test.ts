// Leases: who loses one and when, who closes one, and reaping against recording.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  countPlaces,
  isBlocked,
  makeWebhook,
  makeWebhooks,
  makeWorker,
  openTransaction,
  outcomeFor,
  raise,
  raiseMany,
  record,
  silence,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 8 });
const workers = makeApi(sql).workers;
beforeEach(async () => {
  await startOver(sql);
  await sql`truncate tocsin_data.alert_delivery_log`;
});

const expire = () => sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
const wakeUp = async (worker: number) => {
  await workers.beat_worker({ p_worker_id: worker, p_host: 'test', p_pid: 1 });
};

describe('a lease', () => {
  test('is reaped when it has expired, not before, and then whoever comes gets its deliveries with the same attempt', async () => {
    await makeWebhooks(sql, 3);
    await raise(sql);
    const first = await claim(sql);
    expect(await workers.reap_leases()).toBe(0);
    await expire();
    expect(await workers.reap_leases()).toBe(3);
    expect(await workers.reap_leases()).toBe(0);
    const again = await claim(sql);
    expect(again.map((d) => [d.deliveryId, d.attempt])).toEqual(first.map((d) => [d.deliveryId, 1]));
  });

  test('is reaped when its worker was silent for 20 seconds or is gone, and no lease of another', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 6);
    const [silent, gone, live] = [await makeWorker(sql), await makeWorker(sql), await makeWorker(sql)];
    for (const worker of [silent, gone, live]) await claim(sql, { worker, limit: 2 });
    expect(await workers.reap_leases()).toBe(0);
    for (const worker of [silent, gone]) await silence(sql, worker);
    await sql`delete from tocsin_data.workers where worker_id = ${gone}`;
    expect(await workers.reap_leases()).toBe(4);
    expect(await countPlaces(sql)).toEqual({ queue: 4, leased: 2 });
  });

  test('that is younger than that is spared: its worker was frozen, and claimed again before its first beat', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 4);
    const [thawed, forgotten] = [await makeWorker(sql), await makeWorker(sql)];
    for (const worker of [thawed, forgotten]) await silence(sql, worker);
    await sql`delete from tocsin_data.workers where worker_id = ${forgotten}`;
    for (const worker of [thawed, forgotten]) await claim(sql, { worker, limit: 2 });
    expect(await workers.reap_leases()).toBe(0);
    await wakeUp(thawed);
    await sql`update tocsin_data.alert_delivery_leases set claimed_at = now() - interval '21 seconds'`;
    expect(await workers.reap_leases()).toBe(2);
    expect(await countPlaces(sql)).toEqual({ queue: 2, leased: 2 });
  });

  test('goes back at once when its worker says that it stops', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 3);
    const [stopping, other] = [await makeWorker(sql), await makeWorker(sql)];
    await claim(sql, { worker: stopping, limit: 2 });
    await claim(sql, { worker: other });
    await workers.remove_worker({ p_worker_id: stopping });
    expect(await countPlaces(sql)).toEqual({ queue: 2, leased: 1 });
  });

  test('that was recorded in part gives back only the rest, also of what is to be retried', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 6);
    const worker = await makeWorker(sql);
    const batch = await claim(sql, { worker });
    await record(sql, batch.slice(0, 4), (_, n) => outcomeFor(n < 2 ? 200 : 500), { worker, closed: [] });
    expect(await countPlaces(sql)).toEqual({ leased: 6, queue: 2, log_delivered: 2, log_retrying: 2 });
    await silence(sql, worker);
    expect(await workers.reap_leases()).toBe(2);
    expect(await countPlaces(sql)).toEqual({ queue: 4, log_delivered: 2, log_retrying: 2 });
    const attempts =
      await sql`select attempt, count(*)::int from tocsin_data.alert_delivery_queue group by 1 order by 1`;
    expect(Array.from(attempts)).toEqual([
      { attempt: 1, count: 2 },
      { attempt: 2, count: 2 },
    ]);
  });

  test('is closed when all its members have a result, by whichever of two callers records the last', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 6);
    const batch = await claim(sql);
    await using a = await openTransaction(sql);
    await using b = await openTransaction(sql);
    await record(a.sql, batch.slice(0, 3));
    const second = record(b.sql, batch.slice(3));
    await until(() => isBlocked(sql, b));
    await a.commit();
    await second;
    await b.commit();
    await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
    expect(await countPlaces(sql)).toEqual({ log_delivered: 6 });
  });

  test('is given back by release_leases, except those kept and those of others', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 9);
    const [one, other] = [await makeWorker(sql), await makeWorker(sql)];
    const kept = await claim(sql, { worker: one, limit: 2 });
    const partly = await claim(sql, { worker: one, limit: 3 });
    await claim(sql, { worker: other, limit: 4 });
    await record(sql, partly.slice(0, 1), 200, { worker: one, closed: [] });
    const p_keep_lease_ids = [kept[0]?.leaseId as number];
    expect(await workers.release_leases({ p_worker_id: one, p_keep_lease_ids })).toBe(2);
    expect(await countPlaces(sql)).toEqual({ leased: 6, queue: 2, log_delivered: 1 });
    expect(await record(sql, kept, 200, { worker: one })).toEqual({ recorded: 2, late: 0 });
    expect(await workers.release_leases({ p_worker_id: one })).toBe(0);
  });
});

describe('reaping and recording at the same moment', () => {
  test('when recording comes first, the reaper passes the lease by', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 3);
    const batch = await claim(sql);
    await expire();
    await using recording = await openTransaction(sql);
    await record(recording.sql, batch.slice(0, 2), 200, { closed: [] });
    expect(await workers.reap_leases()).toBe(0);
    await recording.commit();
    await recording[Symbol.asyncDispose]();
    expect(await workers.reap_leases()).toBe(1);
    expect(await countPlaces(sql)).toEqual({ queue: 1, log_delivered: 2 });
  });

  test('when the reaper comes first, recording waits and then is late', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 3);
    const worker = await makeWorker(sql);
    const batch = await claim(sql, { worker });
    await expire();
    await using reaping = await openTransaction(sql);
    await using recording = await openTransaction(sql);
    expect(await makeApi(reaping.sql).workers.reap_leases()).toBe(3);
    const recorded = record(recording.sql, batch, 200, { worker });
    await until(() => isBlocked(sql, recording));
    await reaping.commit();
    expect(await recorded).toEqual({ recorded: 0, late: 3 });
    await recording.commit();
    await Promise.all([reaping[Symbol.asyncDispose](), recording[Symbol.asyncDispose]()]);
    expect(await countPlaces(sql)).toEqual({ queue: 3 });
  });

  test('when the reaper rolls back, the results count', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 3);
    const batch = await claim(sql);
    await expire();
    await using reaping = await openTransaction(sql);
    await using recording = await openTransaction(sql);
    await makeApi(reaping.sql).workers.reap_leases();
    const recorded = record(recording.sql, batch);
    await until(() => isBlocked(sql, recording));
    await reaping.rollback();
    expect(await recorded).toEqual({ recorded: 3, late: 0 });
    await recording.commit();
    await Promise.all([reaping[Symbol.asyncDispose](), recording[Symbol.asyncDispose]()]);
    expect(await countPlaces(sql)).toEqual({ log_delivered: 3 });
  });
});

describe('beat_worker', () => {
  test('of two workers that both slept for an hour neither fails nor loses its place', async () => {
    const [a, b] = [await makeWorker(sql), await makeWorker(sql)];
    await sql`update tocsin_data.workers set beat_at = now() - interval '1 hour'`;
    await using one = await openTransaction(sql);
    await using other = await openTransaction(sql);
    const beat = (session: typeof one, worker: number) =>
      makeApi(session.sql).workers.beat_worker({ p_worker_id: worker, p_host: 'test', p_pid: 1 });
    // Both have written their own row before either looks for the other's.
    await one.sql`update tocsin_data.workers set beat_at = now() where worker_id = ${a}`;
    await other.sql`update tocsin_data.workers set beat_at = now() where worker_id = ${b}`;
    expect((await beat(one, a)).worker_id).toBe(a);
    expect((await beat(other, b)).worker_id).toBe(b);
    await Promise.all([one.commit(), other.commit()]);
    await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    await wakeUp(a);
    expect(await sql`select from tocsin_data.workers`).toHaveLength(2);
  });
});
