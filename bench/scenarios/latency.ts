// Measures how long a delivery takes from the call that raises it to the receiver, on an idle system and at half load.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeWebhooks, queueDeliveries } from '../fixtures.ts';
import { figure, percentile } from '../measure.ts';
import type { BenchDatabase } from '../place.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { startScript } from '../children.ts';
import { postAlerts, sealSecrets, startServer } from '../programs.ts';
import { makeApi } from '../../src/store/api.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'latency',
  title: 'Milliseconds from the call of raise_alert to the receiver, idle and under load.',
  run,
};

const fanOut = 10;

async function run(bench: Bench): Promise<Report> {
  const database = await bench.place.makeDatabase();
  const receiver = await startReceiver();
  try {
    await makeWebhooks(database.sql, { count: 1, fanOut: 1, url: receiver.url, event: 'bench.idle_' });
    await makeWebhooks(database.sql, { count: 100, fanOut, url: receiver.url });
    // The fastest is measured first, on this machine as it is now, so that half of it means something.
    const fastest = await drain(bench, database, receiver);
    const loads: [string, Latencies][] = [];
    const measure = async (by: string, raise: Raise) => {
      loads.push([`idle, one at a time by ${by}`, await runIdle(bench, receiver, raise)]);
      for (const share of bench.pick([0.25, 0.5, 0.75], [0.5], [0.5]))
        loads.push([`${share * 100} % of it by ${by}`, await runLoad(bench, receiver, fastest * share, raise)]);
    };
    const { alerts } = makeApi(database.sql);
    const worker = await startWorkerOn(database);
    const raiseBySql: Raise = (p_alert_type, p_context) =>
      alerts.raise_alert({ p_alert_type, p_message: 'An order was paid.', p_context });
    await measure('SQL', raiseBySql).finally(() => worker.stop());
    await sealSecrets(database.sql);
    const server = await startServer(database);
    const raiseByRest: Raise = (alert_type, context) =>
      postAlerts(server.url, 'alerts', { alert_type, message: 'An order was paid.', context });
    await measure('REST', raiseByRest).finally(() => server.stop());
    return reportOf(fastest, loads);
  } finally {
    await receiver.stop();
    await database.drop();
  }
}

type Raise = (alertType: string, context: { sent_at: number; pad: string }) => Promise<unknown>;
/** From the call to the receiver, and of that until the call returned. */
type Latencies = { received: number[]; raised: number[] };

async function timed(raising: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await raising;
  return performance.now() - startedAt;
}

function startWorkerOn({ url }: BenchDatabase) {
  return startScript('rivals/tocsin_worker.ts', [url, '256']);
}

async function drain(bench: Bench, database: BenchDatabase, receiver: Receiver): Promise<number> {
  const deliveries = bench.pick(40_000, 10_000, 500);
  await queueDeliveries(database.sql, { count: 100, fanOut, deliveries });
  const worker = await startWorkerOn(database);
  const { seconds } = await receiver.waitFor(deliveries).finally(() => worker.stop());
  bench.say(`fastest: ${figure(deliveries / seconds)} deliveries/s`);
  return deliveries / seconds;
}

async function runIdle(bench: Bench, receiver: Receiver, raise: Raise): Promise<Latencies> {
  const count = bench.pick(300, 100, 10);
  const raised: number[] = [];
  await receiver.reset();
  for (let i = 0; i < count; i++) {
    await sleep(10 + Math.random() * 60);
    raised.push(await timed(raise('bench.idle_0', sentNow())));
  }
  return { raised, received: (await receiver.waitFor(count)).latenciesMs };
}

/** Raises at an even pace, whatever the answers do: a system that falls behind shows it. */
async function runLoad(bench: Bench, receiver: Receiver, perSecond: number, raise: Raise): Promise<Latencies> {
  const seconds = bench.pick(15, 4, 0.5);
  const total = Math.max(1, Math.round((perSecond * seconds) / fanOut));
  bench.say(`load: ${figure(perSecond)} deliveries/s`);
  await receiver.reset();
  const startedAt = performance.now();
  const raising: Promise<number>[] = [];
  while (raising.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * (perSecond / fanOut)));
    while (raising.length < due) raising.push(timed(raise(`bench.g${raising.length % fanOut}`, sentNow())));
    await sleep(2);
  }
  const raised = await Promise.all(raising);
  return { raised, received: (await receiver.waitFor(total * fanOut)).latenciesMs };
}

/** The time on the receiver's clock. */
function sentNow(): { sent_at: number; pad: string } {
  return { sent_at: performance.timeOrigin + performance.now(), pad: 'x'.repeat(300) };
}

function reportOf(fastest: number, loads: [string, Latencies][]): Report {
  const figures: Record<string, number> = {};
  const rows = loads.map(([name, { received, raised }]) => {
    const cells = [0.5, 0.95, 0.99, 1].map((share) => percentile(received, share));
    const key = `${name.replace(/\W.*/, '')}_by_${name.replace(/.* /, '').toLowerCase()}`;
    figures[`p50_ms_${key}`] = cells[0] as number;
    figures[`p99_ms_${key}`] = cells[2] as number;
    return [name, received.length.toLocaleString('en'), ...[...cells, percentile(raised, 0.99)].map(figure)];
  });
  const head = ['', 'deliveries', 'p50', 'p95', 'p99', 'max', 'p99 of raising alone'];
  return {
    tables: [{ title: 'Milliseconds from raise to received', head, rows }],
    figures,
    notes: [
      `“It” is ${figure(fastest)} deliveries/s, the fastest that this machine drained a full queue in the same ` +
        'run. Alerts are raised one a call by four connections or more, at an even pace that waits for nobody; ' +
        'each has ten deliveries, to 100 webhooks. By SQL over ten connections, with a worker alone; by REST to a server ' +
        'and its own worker. Raiser, database, worker and receiver share the machine.',
    ],
  };
}
