// The worker's clock goes by the database: a machine whose time is wrong, or jumps, does not matter.
import { afterEach, expect, test } from 'bun:test';
import { Clock } from '../../src/delivery/clock.ts';
import { startFlow } from '../support/flow.ts';

const { now } = Date;
afterEach(() => {
  Date.now = now;
});
const flow = await startFlow();

test('it tells the time of the last answer, whatever the machine believes', async () => {
  Date.now = () => now() + 3_600_000;
  const clock = new Clock();
  const answer = await clock.follow(async () => ({ now_at: new Date(now()).toISOString(), worker_id: 7 }));
  expect(answer.worker_id).toBe(7);
  expect(Math.abs(clock.now() - now())).toBeLessThan(2_000);
  Date.now = () => now() - 3_600_000;
  expect(Math.abs(clock.now() - now())).toBeLessThan(2_000);
});

test('a worker on a machine that is hours wrong signs with the right time', async () => {
  const webhook = await flow.makeWebhook();
  Date.now = () => now() + 7_200_000;
  const worker = await flow.startWorker();
  await webhook.raise(1);
  const [first] = await webhook.received(1);
  Date.now = () => now() - 7_200_000;
  await webhook.raise(1);
  const second = (await webhook.received(2))[1];
  await worker.stop();
  for (const request of [first, second])
    expect(Math.abs(Number(request?.headers['webhook-timestamp']) * 1000 - now())).toBeLessThan(60_000);
});
