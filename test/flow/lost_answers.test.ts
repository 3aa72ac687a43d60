// The database did what the worker asked, and the answer was lost on the way: nothing is lost with it, and nothing is sent twice.
import { expect, test } from 'bun:test';
import type { WorkerCalls } from '../../src/delivery/worker.ts';
import { makeApi } from '../../src/store/api.ts';
import { startFlow } from '../support/flow.ts';
import { countOpen } from '../support/invariants.ts';
import { until } from '../support/wait.ts';

/** The calls of a worker, of which every n-th to these functions is made, and then fails as if the connection had broken. */
function losing(
  calls: WorkerCalls,
  names: (keyof WorkerCalls)[],
  everyNth: number,
): { calls: WorkerCalls; lost: () => number } {
  let made = 0;
  let lost = 0;
  const wrapped = Object.fromEntries(
    names.map((name) => [
      name,
      async (args: never) => {
        const answer = await calls[name](args);
        if (++made % everyNth > 0) return answer;
        lost++;
        throw Object.assign(new Error('The connection broke.'), { code: 'CONNECTION_CLOSED' });
      },
    ]),
  );
  return { calls: { ...calls, ...wrapped }, lost: () => lost };
}

const cases: { of: string; names: (keyof WorkerCalls)[]; everyNth: number }[] = [
  { of: 'claims', names: ['claim_deliveries'], everyNth: 2 },
  { of: 'recordings', names: ['record_delivery_results', 'record_and_claim'], everyNth: 3 },
  { of: 'fetched targets', names: ['get_delivery_targets'], everyNth: 2 },
  {
    of: 'everything',
    names: ['claim_deliveries', 'record_delivery_results', 'record_and_claim', 'release_leases', 'beat_worker'],
    everyNth: 3,
  },
];

for (const { of, names, everyNth } of cases) {
  const flow = await startFlow();
  test(`answers of ${of}`, async () => {
    const webhooks = await Promise.all(
      [1, 2, 3].map(() => flow.makeWebhook({ p_events: ['lost.*'], p_max_in_flight: 4 })),
    );
    const { calls, lost } = losing(makeApi(flow.sql).workers, names, everyNth);
    const worker = await flow.startWorker({ calls, concurrency: 16 });
    for (let i = 1; i <= 5; i++) {
      // A new version, so that the worker has something to fetch.
      await webhooks[0]?.change({ timeout_seconds: 10 + i });
      await flow.api.alerts.raise_alerts({
        p_alerts: Array.from({ length: 8 }, () => ({ alert_type: 'lost.x', message: 'm' })),
      });
      await flow.receiver.waitFor(24 * i);
    }
    await until(async () => (await flow.api.workers.run_maintenance()) && (await countOpen(flow.sql)) === 0);
    expect(lost()).toBeGreaterThan(0);
    expect(flow.receiver.requests).toHaveLength(120);
    for (const webhook of webhooks) {
      expect((await webhook.attempts()).map(({ status }) => status)).toEqual(
        Array.from({ length: 40 }, () => 'delivered'),
      );
      expect(await webhook.row()).toMatchObject({ total_deliveries: 40, successful_deliveries: 40 });
    }
    await worker.stop();
  });
}

const late = await startFlow();

test('a claim that is committed only after the worker had given it up goes back to the queue, too', async () => {
  const webhook = await late.makeWebhook();
  const calls = makeApi(late.sql).workers;
  let abandoned: Parameters<WorkerCalls['claim_deliveries']>[0] | undefined;
  let lateLeases = 0;
  await late.startWorker({
    calls: {
      ...calls,
      async claim_deliveries(args) {
        if (lateLeases > 0) return calls.claim_deliveries(args);
        abandoned = args;
        throw Object.assign(new Error('The connection broke.'), { code: 'CONNECTION_CLOSED' });
      },
      async release_leases(args) {
        const released = await calls.release_leases(args);
        if (abandoned === undefined) return released;
        const { lease_id } = await calls.claim_deliveries(abandoned);
        if (lease_id !== null) lateLeases++;
        abandoned = undefined;
        return released;
      },
    },
  });
  await webhook.raise(5);
  await webhook.attempted(5);
  expect(lateLeases).toBe(1);
  expect(late.receiver.requests).toHaveLength(5);
  await until(async () => (await late.api.workers.run_maintenance()) && (await countOpen(late.sql)) === 0);
});
