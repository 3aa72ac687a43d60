// Measures how long a delivery takes from the call that raises it to the receiver, on an idle system and at half load.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeWebhooks, queueDeliveries } from '../fixtures.ts';
import { figure, percentile } from '../measure.ts';
import type { BenchDatabase } from '../place.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { startScript } from '../children.ts';
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
    const worker = await startWorkerOn(database);
    try {
      const idle = await runIdle(bench, database, receiver);
      const loads: [string, number[]][] = [['idle, one alert at a time', idle]];
      for (const share of bench.pick([0.25, 0.5, 0.75], [0.5], [0.5]))
        loads.push([`${share * 100} % of it`, await runLoad(bench, database, receiver, fastest * share)]);
      return reportOf(fastest, loads);
    } finally {
      await worker.stop();
    }
  } finally {
    await receiver.stop();
    await database.drop();
  }
}

function startWorkerOn({ url }: BenchDatabase) {
  return startScript('rivals/tocsin_worker.ts', [url, '256'], { BUN_CONFIG_MAX_HTTP_REQUESTS: '1024' });
}

async function drain(bench: Bench, database: BenchDatabase, receiver: Receiver): Promise<number> {
  const deliveries = bench.pick(40_000, 10_000, 500);
  await queueDeliveries(database.sql, { count: 100, fanOut, deliveries });
  const worker = await startWorkerOn(database);
  const { seconds } = await receiver.waitFor(deliveries).finally(() => worker.stop());
  bench.say(`fastest: ${figure(deliveries / seconds)} deliveries/s`);
  return deliveries / seconds;
}

async function runIdle(bench: Bench, { sql }: BenchDatabase, receiver: Receiver): Promise<number[]> {
  const { alerts } = makeApi(sql);
  const count = bench.pick(300, 100, 10);
  await receiver.reset();
  for (let i = 0; i < count; i++) {
    await sleep(10 + Math.random() * 60);
    await alerts.raise_alert({ p_alert_type: 'bench.idle_0', p_message: 'An order was paid.', p_context: sentNow() });
  }
  return (await receiver.waitFor(count)).latenciesMs;
}

/** Raises at an even pace, whatever the answers do: a system that falls behind shows it. */
async function runLoad(bench: Bench, { sql }: BenchDatabase, receiver: Receiver, perSecond: number): Promise<number[]> {
  const { alerts } = makeApi(sql);
  const seconds = bench.pick(15, 4, 0.5);
  const total = Math.max(1, Math.round((perSecond * seconds) / fanOut));
  bench.say(`load: ${figure(perSecond)} deliveries/s`);
  await receiver.reset();
  const startedAt = performance.now();
  const raised: Promise<number>[] = [];
  while (raised.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * (perSecond / fanOut)));
    while (raised.length < due)
      raised.push(
        alerts.raise_alert({
          p_alert_type: `bench.g${raised.length % fanOut}`,
          p_message: 'An order was paid.',
          p_context: sentNow(),
        }),
      );
    await sleep(2);
  }
  await Promise.all(raised);
  const received = await receiver.waitFor(total * fanOut);
  return received.latenciesMs;
}

/** The time on the receiver's clock. */
function sentNow(): { sent_at: number; pad: string } {
  return { sent_at: performance.timeOrigin + performance.now(), pad: 'x'.repeat(300) };
}

function reportOf(fastest: number, loads: [string, number[]][]): Report {
  const figures: Record<string, number> = {};
  const rows = loads.map(([name, latencies]) => {
    const cells = [0.5, 0.95, 0.99, 1].map((share) => percentile(latencies, share));
    const key = name.replace(/\W.*/, '');
    figures[`p50_ms_${key}`] = cells[0] as number;
    figures[`p99_ms_${key}`] = cells[2] as number;
    return [name, latencies.length.toLocaleString('en'), ...cells.map(figure)];
  });
  return {
    tables: [
      { title: 'Milliseconds from raise to received', head: ['', 'deliveries', 'p50', 'p95', 'p99', 'max'], rows },
    ],
    figures,
    notes: [
      `“It” is ${figure(fastest)} deliveries/s, the fastest that this machine drained a full queue in the same ` +
        'run. Alerts are raised one a call by four connections or more, at an even pace that waits for nobody; ' +
        'each has ten deliveries, to 100 webhooks. Raiser, database, worker and receiver share the machine.',
    ],
  };
}
