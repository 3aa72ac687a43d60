// Slowing down: fewer at a time when a webhook fails, asks to be called less or answers late, and more again step by step.
import { beforeEach, describe, expect, test } from 'bun:test';
import type { Outcome } from '../../src/delivery/outcome.ts';
import { makeApi } from '../../src/store/api.ts';
import { claim, makeWebhook, makeWorker, outcomeFor, raise, raiseMany, record, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 2 });
const api = makeApi(sql);
let webhook: number;
beforeEach(async () => {
  await startOver(sql);
  webhook = await makeWebhook(sql, { max_in_flight: 10, retry_policy: { schedule: [1], max_retries: 100 } });
  await raiseMany(sql, 200);
});

type Lane = { slots: number | null; by: string | null; pause: number | null; streak: number; trailing: number };
const lane = async (): Promise<Lane> =>
  (
    await sql<Lane[]>`
      select l.slots_max as slots, l.slowed_by as by, extract(epoch from m.blocked_until - m.last_failure_at)::float as pause,
             m.throttle_streak as streak, m.consecutive_failures as trailing
        from tocsin_data.webhook_health_metrics m join tocsin_data.webhook_lanes l using (webhook_id)
       where m.webhook_id = ${webhook}`
  )[0] as Lane;
const send = async (code: number | Outcome, count = 1) => record(sql, await claim(sql, { limit: count }), code);
/** As if so many seconds had passed for the lane; deliveries that wait for a retry are due. */
const pass = async (seconds: number) => {
  await sql`update tocsin_data.webhook_health_metrics set blocked_until = blocked_until - ${seconds} * interval '1 second'`;
  await sql`update tocsin_data.webhook_lanes set blocked_until = blocked_until - ${seconds} * interval '1 second',
    slots_changed_at = slots_changed_at - ${seconds} * interval '1 second'`;
  await sql`update tocsin_data.alert_delivery_queue set due_at = least(due_at, now())`;
};
const recover = async () => (await sql`select tocsin_internal.recover_lanes() as n`)[0]?.n as number;
/** One second of deliveries that took so long, folded. */
const second = async (count: number, ms: number) => {
  await sql`insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
    values (now(), array_fill(${webhook}::integer, array[${count}::integer]), array_fill(${ms}::integer, array[${count}::integer]))`;
  await sql`select tocsin_internal.fold_webhook_health()`;
};

describe('an answer 429 without retry-after', () => {
  test('pauses the webhook twice as long each time, for five minutes at most, and a success begins anew', async () => {
    for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      await send(429);
      expect((await lane()).pause as number).toBeWithin(seconds * 0.89, seconds * 1.11);
      await pass(400);
    }
    await send(200);
    expect(await lane()).toMatchObject({ streak: 0, trailing: 0 });
    await send(429);
    expect((await lane()).pause as number).toBeWithin(1.7, 2.3);
  });

  test('counts once for all that was under way when the pause began, and a success among them changes nothing', async () => {
    const flight = await claim(sql, { limit: 8 });
    await record(sql, flight.slice(0, 1), 429);
    // However slow the machine is, the pause is not over.
    await pass(-600);
    for (const delivery of flight.slice(1, 6)) await record(sql, [delivery], 429);
    await record(sql, flight.slice(6), 200);
    expect(await lane()).toMatchObject({ streak: 1, slots: 5 });
    const [held] =
      await sql`select blocked_until > now() + interval '9 minutes' as is_held from tocsin_data.webhook_lanes
      where webhook_id = ${webhook}`;
    expect(held).toEqual({ is_held: true });
  });
});

describe('a failure of our own', () => {
  test('counts in the totals, and neither for the breaker nor as a share of failures', async () => {
    const ours = (outcome: 'failed' | 'expired', error: string): Outcome => ({
      ...outcomeFor(null),
      outcome,
      status_code: null,
      error,
    });
    for (let n = 0; n < 4; n++) await send(ours('failed', 'local_limit: this machine has no socket left'));
    for (let n = 0; n < 4; n++) await send(ours('expired', 'expired: the alert was dropped by age'));
    const [row] = await sql`
      select breaker_state, consecutive_failures, recent_failure_rate, health_status, failed_deliveries::integer
        from tocsin_data.webhook_health_metrics where webhook_id = ${webhook}`;
    expect(row).toEqual({
      breaker_state: 'closed',
      consecutive_failures: 0,
      recent_failure_rate: 0,
      health_status: 'healthy',
      failed_deliveries: 8,
    });
    expect(await lane()).toMatchObject({ slots: null, by: null });
  });
});

describe('the number at a time', () => {
  test('halves with each wish to be called less, once in five seconds, down to one', async () => {
    for (const slots of [5, 2, 1, 1]) {
      await send(429);
      expect(await lane()).toMatchObject({ slots, by: 'throttled' });
      await pass(400);
    }
    expect(await claim(sql, { limit: 50 })).toHaveLength(1);
  });

  test('grows by a tenth each five seconds after the pause, until it is whole', async () => {
    await send(429);
    expect(await recover()).toBe(0);
    await pass(400);
    await send(200);
    for (const slots of [6, 7, 8, 9]) {
      expect(await recover()).toBe(1);
      expect(await lane()).toMatchObject({ slots, by: 'throttled' });
      expect(await recover()).toBe(0);
      await pass(5);
    }
    await recover();
    expect(await lane()).toMatchObject({ slots: null, by: null });
    expect(await recover()).toBe(0);
  });

  test('falls with the share of failures, no further than that asks for, and stays while they last', async () => {
    const round = async () => {
      await record(sql, await claim(sql, { limit: 10 }), (_, n) => outcomeFor(n % 4 === 1 ? 500 : 200));
      await pass(6);
      await recover();
    };
    for (let n = 0; n < 8; n++) await round();
    // Two or three of ten fail, so half or so remain: 1 - 2 × 0.25.
    const { slots, by } = await lane();
    expect(by).toBe('failures');
    expect(slots as number).toBeWithin(3, 8);
    expect(await sql`select breaker_state from tocsin_data.webhook_health_metrics`).toMatchObject([
      { breaker_state: 'closed' },
    ]);
  });

  test('is left alone by answers that fewer at a time would not change', async () => {
    for (let n = 0; n < 3; n++) await send(404);
    await send(200);
    await send(404);
    expect(await lane()).toMatchObject({ slots: null, by: null });
  });

  test('falls as answers take longer than they used to, never below two, and grows when they are back', async () => {
    for (let n = 0; n < 61; n++) await second(40, 50);
    expect(await lane()).toMatchObject({ slots: null });
    const seen: (number | null)[] = [];
    for (let n = 0; n < 6; n++) {
      await second(40, 500);
      seen.push((await lane()).slots);
      await pass(6);
    }
    expect(seen).toEqual([6, 4, 3, 2, 2, 2]);
    expect(await lane()).toMatchObject({ by: 'latency' });
    for (let n = 0; n < 20; n++) {
      await second(40, 50);
      await recover();
      await pass(6);
    }
    expect(await lane()).toMatchObject({ slots: null, by: null });
  });

  test('does not fall with latency while half of it is not in use, nor for a past of less than a minute', async () => {
    for (let n = 0; n < 61; n++) await second(40, 50);
    for (let n = 0; n < 6; n++) await second(4, 500);
    expect(await lane()).toMatchObject({ slots: null });
    const other = await makeWebhook(sql, { max_in_flight: 10 });
    webhook = other;
    for (let n = 0; n < 10; n++) await second(40, 50);
    for (let n = 0; n < 6; n++) await second(40, 500);
    expect(await lane()).toMatchObject({ slots: null });
  });
});

test('who asks why a delivery waits is told that, how far and why the webhook is slowed down', async () => {
  await send(429);
  await pass(400);
  await makeWorker(sql);
  const alertId = await raise(sql);
  const [why] = await api.alerts.why_not_delivered({ p_tenant_id: 1, p_alert_id: alertId, p_webhook_id: webhook });
  expect(why?.reason).toContain('slowed to 5 of 10 at a time because it asked to be called less');
  const [shown] =
    await sql`select slots, slowed_because from tocsin.v_webhook_health_dashboard where webhook_id = ${webhook}`;
  expect(shown).toEqual({ slots: 5, slowed_because: 'it asked to be called less' });
  const one = await api.webhooks.get_webhook({ p_tenant_id: 1, p_webhook_id: webhook });
  expect(one).toMatchObject({ slots: 5, slowed_because: 'it asked to be called less' });
});
