// Connections that go dead without a word: the worker gives them up and goes on, and nothing is lost with them or comes twice.
import { afterAll, expect, test } from 'bun:test';
import { openWorkerCalls } from '../../src/store/worker_calls.ts';
import { startBrokenLine } from '../support/broken_line.ts';
import { startFlow } from '../support/flow.ts';
import { countOpen } from '../support/invariants.ts';
import { until } from '../support/wait.ts';

const flow = await startFlow();
const address = new URL(flow.url);
const line = await startBrokenLine(Number(address.port));
address.port = String(line.port);
const url = address.href;
const pool = openWorkerCalls(url, { max: 3, callMsMax: 800, housekeepingMsMax: 4_000 });
afterAll(async () => {
  line.stop();
  await pool.end();
});

test('with every connection dead, and then each alone, what is raised still arrives, once', async () => {
  const webhook = await flow.makeWebhook();
  await flow.startWorker({ calls: pool.calls, databaseUrl: url, alarmMsMax: 400 });
  let raised = 3;
  await webhook.raise(raised);
  await webhook.received(raised);
  line.vanish();
  await webhook.raise(2);
  raised += 2;
  await webhook.received(raised);
  for (let i = 0; i < 6; i++) {
    const sessions = await flow.sql<{ client_port: number }[]>`select client_port from pg_stat_activity
      where datname = current_database() and application_name like 'tocsin%' order by backend_start desc`;
    expect(sessions.length).toBeGreaterThan(0);
    line.vanish(sessions[i % sessions.length]?.client_port);
    await webhook.raise(1);
    raised++;
    await webhook.received(raised);
  }
  await until(async () => (await flow.api.workers.run_maintenance()) && (await countOpen(flow.sql)) === 0);
  expect(flow.receiver.requests).toHaveLength(raised);
});

test('the bell rings again on a new connection when its own went dead', async () => {
  const webhook = await flow.makeWebhook();
  // It looks by itself so rarely that only the bell can wake it in time.
  const slowPool = openWorkerCalls(flow.url, { max: 3 });
  const worker = await flow.startWorker({ calls: slowPool.calls, databaseUrl: url, pollMs: 60_000, alarmMsMax: 400 });
  line.vanish();
  await until(async () => line.count() >= 1, { what: 'a new connection of the bell' });
  await webhook.raise(1);
  await webhook.received(1);
  await worker.stop();
  await slowPool.end();
});
