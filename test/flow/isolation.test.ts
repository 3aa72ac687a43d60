// Bad neighbours keep nobody waiting: those that hang, those that fail, and one with a long backlog, all at once.
import { expect, test } from 'bun:test';
import { startFlow } from '../support/flow.ts';
import { until } from '../support/wait.ts';

const BACKLOG = 3_000;
const flow = await startFlow();

test('healthy webhooks are served while others hang, fail and queue, however long that lasts', async () => {
  const { receiver, sql } = flow;
  const make = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        flow.makeWebhook({ p_events: ['isolation.all'], p_max_in_flight: 4, p_timeout_seconds: 120 }),
      ),
    );
  const [hanging, failing, healthy] = [await make(5), await make(5), await make(40)];
  const release = Promise.withResolvers<void>();
  for (const { path } of hanging) receiver.on(path, { does: 'answer_late', after: release.promise });
  for (const { path } of failing) receiver.on(path, { does: 'answer', status: 500 });
  const busy = await flow.makeWebhook({ p_max_in_flight: 4 });
  // Its receiver takes its time, so that the backlog outlasts all that follows.
  receiver.on(busy.path, { does: 'answer_late', after: 60 });
  await busy.raise(BACKLOG);
  await flow.startWorker({ concurrency: 64 });
  await busy.received(4);

  for (let round = 1; round <= 10; round++) {
    await flow.api.alerts.raise_alerts({ p_alerts: [{ alert_type: 'isolation.all', message: 'm' }] });
    await Promise.all(healthy.map((webhook) => webhook.received(round)));
  }
  // None of the hanging has answered, and the backlog has hardly begun: nobody waited for either.
  for (const webhook of hanging) expect(await webhook.attempts()).toEqual([]);
  const served = receiver.requests.filter(({ path }) => path === busy.path).length;
  expect(served).toBeLessThan(BACKLOG);
  expect(receiver.requests.filter(({ path }) => hanging.some((each) => each.path === path)).length).toBeLessThanOrEqual(
    20,
  );
  release.resolve();
  await until(async () =>
    (await Promise.all(hanging.map((webhook) => webhook.attempts()))).every(({ length }) => length > 0),
  );
  await sql`delete from tocsin_data.alert_delivery_queue`;
});

test('healthy webhooks are served while others hang in all the places there are, and have more waiting', async () => {
  const crowded = await startFlow();
  const make = (count: number, event: string) =>
    Promise.all(
      Array.from({ length: count }, () => crowded.makeWebhook({ p_events: [event], p_timeout_seconds: 120 })),
    );
  const raise = (alert_type: string, count: number) =>
    crowded.api.alerts.raise_alerts({ p_alerts: Array.from({ length: count }, () => ({ alert_type, message: 'm' })) });
  const [hanging, healthy] = [await make(12, 'crowd.hang'), await make(8, 'crowd.healthy')];
  const release = Promise.withResolvers<void>();
  for (const { path } of hanging) crowded.receiver.on(path, { does: 'answer_late', after: release.promise });
  // Ten each may be in flight: several times as many as there are places.
  await raise('crowd.hang', 20);
  const worker = await crowded.startWorker({ concurrency: 16 });
  await crowded.receiver.waitFor(16);
  for (let round = 1; round <= 3; round++) {
    await raise('crowd.healthy', 5);
    await Promise.all(healthy.map((webhook) => webhook.received(5 * round)));
  }
  const hung = crowded.receiver.requests.filter(({ path }) => hanging.some((each) => each.path === path));
  expect(hung.length).toBeLessThanOrEqual(32);
  release.resolve();
  await Promise.all(hanging.map((webhook) => webhook.received(20)));
  await worker.stop();
});
