// The breaker: when it opens, how it probes and recovers, what counts and what does not, all in the statement that records.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Delivery } from '../../src/delivery/batch.ts';
import { makeApi } from '../../src/store/api.ts';
import { claim, makeWebhook, outcomeFor, raiseMany, record, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
const api = makeApi(sql);
let webhook: number;
beforeEach(async () => {
  await startOver(sql);
  webhook = await makeWebhook(sql, { max_in_flight: 10, retry_policy: { schedule: [1], max_retries: 100 } });
  await raiseMany(sql, 60);
});

type Health = {
  state: string;
  status: string;
  streak: number;
  trips: number;
  blocked: number | null;
  lane_blocked: number | null;
  slots: number | null;
  watched: boolean;
};
const health = async (): Promise<Health> =>
  (
    await sql<Health[]>`
      select m.breaker_state as state, m.health_status as status, m.consecutive_failures as streak, m.breaker_trips as trips,
             extract(epoch from m.blocked_until - clock_timestamp())::float as blocked,
             extract(epoch from l.blocked_until - clock_timestamp())::float as lane_blocked, l.slots_max as slots, l.watched
        from tocsin_data.webhook_health_metrics m join tocsin_data.webhook_lanes l using (webhook_id)
       where m.webhook_id = ${webhook}`
  )[0] as Health;
/** Claims so many as the worker would, with nothing else in flight. */
const take = async (limit: number): Promise<Delivery[]> => claim(sql, { limit });
const fail = async (count: number, code: number | null = 500) => {
  for (let n = 0; n < count; n++) await record(sql, await take(1), code);
};
/** Lets the time pass that the webhook is blocked for. */
const passBlock = async () => {
  await sql`update tocsin_data.webhook_health_metrics set blocked_until = now() - interval '1 ms' where blocked_until > now()`;
  await sql`update tocsin_data.webhook_lanes set blocked_until = now() - interval '1 ms' where blocked_until > now()`;
  await sql`update tocsin_data.alert_delivery_queue set due_at = least(due_at, now())`;
};

describe('the breaker', () => {
  test('opens at the fifth failure in a row for half a minute, and the states go with it', async () => {
    expect(await health()).toMatchObject({ state: 'closed', status: 'unknown', streak: 0, watched: false });
    await fail(1);
    expect(await health()).toMatchObject({ state: 'closed', streak: 1, watched: true });
    await fail(3, null);
    expect(await health()).toMatchObject({
      state: 'closed',
      status: 'degraded',
      streak: 4,
      slots: 8,
      blocked: null,
    });
    await fail(1);
    const open = await health();
    expect(open).toMatchObject({ state: 'open', status: 'unavailable', streak: 5, trips: 1, slots: 1 });
    expect(open.blocked).toBeWithin(20, 33.1);
    expect(open.lane_blocked).toBeWithin(20, 33.1);
    expect(await take(10)).toEqual([]);
  });

  test('opens by five failures in one batch, or by those of several batches, and not by four after a success', async () => {
    const batch = await take(9);
    await record(sql, batch, (_, n) => outcomeFor(n === 4 ? 200 : 500));
    expect(await health()).toMatchObject({ state: 'closed', streak: 4 });
    await fail(1);
    expect(await health()).toMatchObject({ state: 'open', streak: 5 });
  });

  test('starts to count again after every success', async () => {
    for (let round = 0; round < 3; round++) {
      await fail(4);
      await record(sql, await take(1), 200);
      expect(await health()).toMatchObject({ state: 'closed', streak: 0 });
      await sql`update tocsin_data.alert_delivery_queue set due_at = least(due_at, now())`;
    }
  });

  test('is not opened by 429, which is a wish, but by 503', async () => {
    for (let n = 0; n < 7; n++) {
      await record(sql, await take(1), 429);
      await passBlock();
    }
    expect(await health()).toMatchObject({ state: 'closed', streak: 0 });
    for (let n = 0; n < 5; n++) {
      await record(sql, await take(1), 503);
      if (n < 4) await passBlock();
    }
    expect(await health()).toMatchObject({ state: 'open', streak: 5 });
  });

  test('is not kept open longer by failures that were under way when it opened', async () => {
    const flight = await take(10);
    await record(sql, flight.slice(0, 5), 500);
    const opened = await health();
    for (const delivery of flight.slice(5)) await record(sql, [delivery], 500);
    const later = await health();
    expect(later).toMatchObject({ state: 'open', trips: 1, streak: 10 });
    expect(later.blocked as number).toBeLessThanOrEqual(opened.blocked as number);
  });

  test('lets one probe through when its time is over, and a failure opens it again for longer', async () => {
    await fail(5);
    for (const [trips, seconds] of [
      [2, 60],
      [3, 120],
      [4, 240],
      [5, 480],
      [6, 900],
      [7, 900],
    ] as const) {
      await passBlock();
      const probe = await take(10);
      expect(probe).toHaveLength(1);
      expect(await claim(sql, { busy: { [webhook]: 1 } })).toEqual([]);
      await record(sql, probe, 500);
      const again = await health();
      expect(again).toMatchObject({ state: 'open', trips, slots: 1 });
      // Less by what has passed since.
      expect(again.blocked as number).toBeWithin(seconds * 0.9 - 8, seconds * 1.11);
    }
  });

  test('recovers in steps: twice as many at once with each success, until it closes at the full number', async () => {
    await fail(5);
    await passBlock();
    for (const slots of [2, 4, 8]) {
      await record(sql, await take(slots / 2), 200);
      expect(await health()).toMatchObject({ state: 'half_open', status: 'degraded', slots, blocked: null });
      expect(await claim(sql, { limit: 100, busy: { [webhook]: slots } })).toEqual([]);
    }
    await record(sql, await take(8), 200);
    expect(await health()).toMatchObject({ state: 'closed', slots: null, trips: 0, streak: 0, watched: false });
    expect(await take(100)).toHaveLength(10);
  });

  test('opens again at the first failure of the recovery, for longer, and after it closed it begins anew', async () => {
    await fail(5);
    await passBlock();
    await record(sql, await take(1), 200);
    await record(sql, await take(2), (_, n) => outcomeFor(n === 0 ? 200 : 500));
    const reopened = await health();
    expect(reopened).toMatchObject({ state: 'open', trips: 2, slots: 1 });
    expect(reopened.blocked as number).toBeWithin(45, 67);
    await passBlock();
    for (let n = 0; n < 4; n++) await record(sql, await take(1), 200);
    expect(await health()).toMatchObject({ state: 'closed', trips: 0 });
    await fail(5);
    expect((await health()).blocked as number).toBeWithin(20, 34);
  });

  test('opens again also when a wish came between the end of its time and the failure', async () => {
    await fail(5);
    await passBlock();
    // A caller of its own that does not say "throttled".
    await record(sql, await take(1), { ...outcomeFor(429), outcome: 'failed' });
    await passBlock();
    await record(sql, await take(1), 500);
    expect(await health()).toMatchObject({ state: 'open', trips: 2 });
    expect((await health()).blocked as number).toBeGreaterThan(40);
  });

  test('of a webhook with one slot closes at the first success', async () => {
    await sql`update tocsin_data.webhooks set max_in_flight = 1 where webhook_id = ${webhook}`;
    await fail(5);
    await passBlock();
    await record(sql, await take(1), 200);
    expect(await health()).toMatchObject({ state: 'closed', slots: null });
  });

  test('is set to a slow start by enable_webhook, at once', async () => {
    await fail(5);
    await api.webhooks.enable_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
    expect(await health()).toMatchObject({ state: 'half_open', trips: 0, slots: 1, blocked: null, lane_blocked: null });
    expect(await take(10)).toHaveLength(1);
  });
});

describe('update_webhook_health', () => {
  const tell = (status: number | null, error: string | null = null) =>
    sql`select tocsin.update_webhook_health(${webhook}, ${status}, 20, ${error}) as status`.then(
      (rows) => rows[0]?.status,
    );

  test('feeds the same breaker with results from elsewhere, and says what the webhook is like', async () => {
    expect(await tell(204)).toBe('healthy');
    for (let n = 0; n < 4; n++) await tell(500);
    expect(await tell(null, 'no answer')).toBe('unavailable');
    expect(await health()).toMatchObject({ state: 'open', streak: 5 });
    const [row] = await sql`select total_deliveries, successful_deliveries, failed_deliveries, last_error
      from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`;
    expect(row).toEqual({
      total_deliveries: 6,
      successful_deliveries: 1,
      failed_deliveries: 5,
      last_error: 'no answer',
    });
    expect(await tell(200)).toBe('degraded');
  });

  test('refuses a webhook that does not exist', async () => {
    await expect(sql`select tocsin.update_webhook_health(999999, 200, 1)`).rejects.toMatchObject({ code: 'NTFND' });
  });
});
