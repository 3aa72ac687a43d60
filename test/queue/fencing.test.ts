// Fencing: a result that comes late, or twice, changes nothing.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import {
  claim,
  countPlaces,
  makeWebhook,
  makeWorker,
  outcomeFor,
  raise,
  raiseMany,
  record,
  silence,
  startOver,
} from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 8 });
const workers = makeApi(sql).workers;
beforeEach(async () => {
  await startOver(sql);
  await sql`truncate tocsin_data.alert_delivery_log`;
});

const expire = () => sql`update tocsin_data.alert_delivery_leases set expires_at = now() - interval '1 second'`;
const lateOf = async (worker: number) =>
  (await sql`select late_results from tocsin_data.workers where worker_id = ${worker}`)[0]?.late_results;
const wakeUp = async (worker: number) => {
  await workers.beat_worker({ p_worker_id: worker, p_host: 'test', p_pid: 1 });
};

describe('a late result', () => {
  test('changes nothing but the count of its worker', async () => {
    const webhook = await makeWebhook(sql);
    await raise(sql);
    const worker = await makeWorker(sql);
    const late = await claim(sql, { worker });
    await silence(sql, worker);
    await workers.reap_leases();
    await wakeUp(worker);
    const health = () => sql`select * from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`;
    const before = Array.from(await health());
    for (const code of [200, 500, 429, 410]) {
      expect(await record(sql, late, code, { worker })).toEqual({ recorded: 0, late: 1 });
    }
    expect(await countPlaces(sql)).toEqual({ queue: 1 });
    expect(Array.from(await health())).toEqual(before);
    expect(await sql`select from tocsin_data.webhook_health_deltas`).toHaveLength(0);
    expect(await lateOf(worker)).toBe(4);
    const lane = await sql`select is_open, blocked_until from tocsin_data.webhook_lanes where webhook_id = ${webhook}`;
    expect(lane[0]).toEqual({ is_open: true, blocked_until: null });
  });

  test('does not stand in the way of the worker that has the delivery now', async () => {
    await makeWebhook(sql);
    await raise(sql);
    const [slow, quick] = [await makeWorker(sql), await makeWorker(sql)];
    const late = await claim(sql, { worker: slow });
    await expire();
    await workers.reap_leases();
    const mine = await claim(sql, { worker: quick });
    expect(await record(sql, late, 500, { worker: slow })).toEqual({ recorded: 0, late: 1 });
    expect(await record(sql, mine, 200, { worker: quick })).toEqual({ recorded: 1, late: 0 });
    expect(await countPlaces(sql)).toEqual({ log_delivered: 1 });
  });

  test('in a batch with good ones leaves those alone', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 4);
    const worker = await makeWorker(sql);
    const early = await claim(sql, { worker, limit: 2 });
    await expire();
    await workers.reap_leases();
    const now = await claim(sql, { worker, limit: 2 });
    expect(await record(sql, [...early, ...now], 200, { worker })).toEqual({ recorded: 2, late: 2 });
    expect(await countPlaces(sql)).toEqual({ queue: 2, log_delivered: 2 });
  });
});

describe('recording twice', () => {
  test('while the lease is open logs, queues and counts once', async () => {
    await makeWebhook(sql);
    await raiseMany(sql, 3);
    const batch = await claim(sql);
    const ends = (_: unknown, n: number) => outcomeFor([200, 500, 410][n] as number);
    expect(await record(sql, batch, ends, { closed: [] })).toEqual({ recorded: 3, late: 0 });
    expect(await record(sql, batch, ends)).toEqual({ recorded: 0, late: 0 });
    expect(await countPlaces(sql)).toEqual({ queue: 1, log_delivered: 1, log_retrying: 1, log_failed: 1 });
    const [health] = await sql`select total_deliveries, failed_deliveries from tocsin_data.webhook_health_metrics`;
    await workers.run_maintenance();
    const [folded] = await sql`select total_deliveries, failed_deliveries from tocsin_data.webhook_health_metrics`;
    expect(health?.failed_deliveries).toBe(2);
    expect(folded).toEqual({ total_deliveries: 3, failed_deliveries: 2 });
  });

  test('after the lease closed is late, and the same result twice in one batch is one', async () => {
    await makeWebhook(sql);
    await raise(sql);
    const [delivery] = await claim(sql);
    if (!delivery) throw new Error('nothing claimed');
    expect(await record(sql, [delivery, delivery])).toEqual({ recorded: 1, late: 0 });
    expect(await record(sql, [delivery])).toEqual({ recorded: 0, late: 1 });
    expect(await countPlaces(sql)).toEqual({ log_delivered: 1 });
  });
});
