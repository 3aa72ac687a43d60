// What a webhook may be given: in order, no faster than it wants, no more at once than it bears, and little while it recovers.
import { expect, test } from 'bun:test';
import { type Flow, startFlow } from '../support/flow.ts';
import type { Behaviour, ReceivedRequest } from '../support/receiver.ts';

const flow = await startFlow();
// Two, so that whatever holds holds over all workers.
await Promise.all([flow.startWorker(), flow.startWorker()]);
const SLACK_MS = 150;
const single = await startFlow();
await single.startWorker();

const fail: Behaviour = { does: 'answer', status: 500 };
const requestsAt = (path: string, { receiver }: Flow) => receiver.requests.filter((request) => request.path === path);
const alertOf = (request: ReceivedRequest) => (request.json().data as { alert_id: number }).alert_id;

test('an ordered webhook gets one at a time, in order, and waits with a failed one until it is through', async () => {
  const slow: Behaviour = { does: 'answer_late', after: 15 };
  const behaviour = [
    slow,
    fail,
    fail,
    slow,
    { does: 'close_mid_headers' },
    slow,
    fail,
    slow,
    { does: 'close_mid_body' },
    slow,
  ] as Behaviour[];
  const failsAt = new Set([1, 2, 4, 6, 8]);
  const webhook = await flow.makeWebhook({ behaviour, p_ordered: true });
  const ids = [...(await webhook.raise(4)), ...(await webhook.raise(1)), ...(await webhook.raise(7))];
  const requests = await webhook.received(ids.length + failsAt.size);
  const expected: number[] = [];
  for (const i of requests.keys())
    expected.push(ids[expected.length === 0 ? 0 : i - [...failsAt].filter((at) => at < i).length] as number);
  expect(requests.map(alertOf)).toEqual(expected);
  for (let i = 1; i < requests.length; i++) {
    const gap = (requests[i]?.receivedAtMs ?? 0) - (requests[i - 1]?.receivedAtMs ?? 0);
    // Had the next one been sent before the answer, the gap would be less than the receiver's delay.
    if (!failsAt.has(i - 1)) expect(gap).toBeGreaterThanOrEqual(14);
  }
  await webhook.attempted(requests.length);
  expect(await webhook.row()).toMatchObject({ pending_deliveries: 0, successful_deliveries: ids.length });
});

test('a rate limit is kept at the receiver, over all workers and over any second', async () => {
  const slow = await flow.makeWebhook({ p_rate_limit_per_second: 10 });
  const fast = await flow.makeWebhook({ p_rate_limit_per_second: 40, p_max_in_flight: 100 });
  await Promise.all([slow.raise(14), fast.raise(60)]);
  // At 10 a second they are 100 ms apart; at 40, a tenth comes at once and the rest at nine tenths of the rate.
  for (const [webhook, count, limit, leastMs] of [
    [slow, 14, 10, 1300],
    [fast, 60, 40, 1555],
  ] as const) {
    const times = (await webhook.received(count)).map(({ receivedAtMs }) => receivedAtMs);
    // What left evenly arrives a little unevenly, on a busy machine by a tenth of a second.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(leastMs - SLACK_MS);
    const busiest = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 1000 - SLACK_MS).length),
    );
    expect(busiest).toBeLessThanOrEqual(limit);
  }
});

// How many slots a webhook has counts per worker.
test('the breaker opens after five failures in a row, probes with one delivery, and heals with a slow start', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const webhook = await single.makeWebhook({
    behaviour: [...Array.from({ length: 6 }, () => fail), { does: 'answer_late', after: promise }],
    p_max_in_flight: 6,
    p_retry_policy: { schedule: [0.02], max_retries: 20 },
  });
  const wakeAt = (seconds: number) => letBreakerWait(webhook.id, seconds);
  await webhook.raise();
  await webhook.attempted(5);
  expect(await webhook.row()).toMatchObject({
    breaker_state: 'open',
    health_status: 'unavailable',
    failed_deliveries: 5,
  });
  expect(await breakerOpenFor(webhook.id)).toBeGreaterThan(25);
  await webhook.raise(11);
  const other = await single.makeWebhook();
  await other.raise(3);
  await other.attempted(3);
  expect(requestsAt(webhook.path, single)).toHaveLength(5);

  await wakeAt(0);
  await webhook.attempted(6);
  expect(await webhook.row()).toMatchObject({ breaker_state: 'open' });
  expect(await breakerOpenFor(webhook.id)).toBeGreaterThan(50);

  await wakeAt(0);
  await webhook.received(7);
  await other.raise(3);
  await other.attempted(6);
  expect(requestsAt(webhook.path, single)).toHaveLength(7);
  resolve();
  await webhook.attempted(18);
  expect(await webhook.row()).toMatchObject({
    breaker_state: 'closed',
    health_status: expect.stringMatching(/healthy|degraded/),
    blocked_until: null,
    pending_deliveries: 0,
    successful_deliveries: 12,
  });
});

/** Sets the time at which an open breaker lets a probe through, as if the rest had passed. */
async function letBreakerWait(webhookId: number, seconds: number): Promise<void> {
  await single.sql.begin(async (tx) => {
    const at = new Date(Date.now() + seconds * 1000);
    await tx`update tocsin_data.webhook_health_metrics set blocked_until = ${at} where webhook_id = ${webhookId}`;
    await tx`update tocsin_data.webhook_lanes set blocked_until = ${at} where webhook_id = ${webhookId}`;
  });
}

async function breakerOpenFor(webhookId: number): Promise<number> {
  const [row] = await single.sql`select date_part('epoch', blocked_until - now()) as seconds
    from tocsin_data.webhook_lanes where webhook_id = ${webhookId}`;
  return row?.seconds;
}
