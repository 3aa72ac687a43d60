// One long run at an even load: a server, a worker and a receiver, sampled every ten seconds, and judged by its last two thirds.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeApi } from '../src/store/api.ts';
import type { Child } from './children.ts';
import { makeWebhooks } from './fixtures.ts';
import { figure, load, median } from './measure.ts';
import type { BenchDatabase } from './place.ts';
import { postAlerts, sealSecrets, startServer, startWork } from './programs.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import type { Bench, Report, Scenario } from './scenario.ts';
import { reportOf, type SoakSample, takeSample } from './soak_samples.ts';

export type SoakOptions = { minutes: number; load: number };

const WEBHOOKS = { count: 100, fanOut: 10 };
const SAMPLE_MS = 10_000;
/** Alerts are raised in small lists, by REST and by SQL in turn. */
const LIST = 5;
const RAISERS = 8;

/** A scenario that takes so many minutes; not one of `bun run bench`. */
export function makeSoak(options: SoakOptions): Scenario {
  return {
    name: 'soak',
    title: `${options.minutes} minutes at ${Math.round(options.load * 100)} % of the fastest: what should be flat.`,
    run: (bench) => run(bench, options),
  };
}

async function run(bench: Bench, options: SoakOptions): Promise<Report> {
  const database = await bench.place.makeDatabase();
  const receiver = await startReceiver();
  const programs: Child[] = [];
  try {
    await makeWebhooks(database.sql, { ...WEBHOOKS, url: receiver.url });
    await sealSecrets(database.sql);
    const server = await startServer(database);
    programs.push(server, await startWork(database));
    const scene = { database, receiver, programs, apiUrl: server.url };
    const fastest = await findFastest(bench, scene);
    const { samples, raised } = await soak(bench, options.minutes, scene, fastest * options.load);
    const { unique, total } = await receiver.waitFor(raised);
    return reportOf(samples, { fastest, ...options, raised: unique, duplicates: total - unique });
  } finally {
    for (const program of programs) await program.stop();
    await receiver.stop();
    await database.drop();
  }
}

/** How much these very programs raise and deliver when nothing paces them. */
async function findFastest(bench: Bench, scene: Scene): Promise<number> {
  const lists = 1000;
  const deliveries = lists * LIST * WEBHOOKS.fanOut;
  await scene.receiver.reset();
  const startedAt = performance.now();
  let next = 0;
  const raiseOn = async () => {
    while (next < lists) await raise(scene, next++);
  };
  await Promise.all(Array.from({ length: RAISERS }, raiseOn));
  await scene.receiver.waitFor(deliveries);
  const perSecond = deliveries / ((performance.now() - startedAt) / 1000);
  await scene.receiver.reset();
  bench.say(`fastest: ${figure(perSecond)} deliveries/s, raised and received`);
  return perSecond;
}

type Scene = { database: BenchDatabase; receiver: Receiver; programs: Child[]; apiUrl: string };

/** Raises at an even pace, whatever the answers do, and samples. */
async function soak(
  bench: Bench,
  minutes: number,
  scene: Scene,
  perSecond: number,
): Promise<{ samples: SoakSample[]; raised: number }> {
  const samples: SoakSample[] = [];
  const listsPerMs = perSecond / WEBHOOKS.fanOut / LIST / 1000;
  const startedAt = performance.now();
  const endMs = minutes * 60_000;
  const pending = new Set<Promise<unknown>>();
  let lists = 0;
  let sampledMs = 0;
  for (let nowMs = 0; nowMs < endMs; nowMs = performance.now() - startedAt) {
    while (lists < nowMs * listsPerMs) {
      const raising = raise(scene, lists++).finally(() => pending.delete(raising));
      pending.add(raising);
    }
    if (nowMs - sampledMs >= SAMPLE_MS) {
      sampledMs = nowMs;
      const sample = await takeSample(nowMs, scene.database.sql, scene.receiver, scene.programs);
      samples.push(sample);
      bench.say(
        `  ${Math.round(nowMs / 1000)} s: ${Object.entries(sample)
          .map(([name, value]) => `${name} ${figure(value)}`)
          .join(', ')} (load ${load()})`,
      );
    }
    await sleep(5);
  }
  await Promise.all(pending);
  bench.say(`  median p99 ${figure(median(samples.map(({ p99_ms }) => p99_ms)))} ms`);
  return { samples, raised: lists * LIST * WEBHOOKS.fanOut };
}

async function raise({ database, apiUrl }: Scene, n: number): Promise<void> {
  const sent_at = performance.timeOrigin + performance.now();
  const alerts = Array.from({ length: LIST }, (_, i) => ({
    alert_type: `bench.g${(n * LIST + i) % (WEBHOOKS.count / WEBHOOKS.fanOut)}`,
    message: 'An order was paid.',
    context: { sent_at, pad: 'x'.repeat(300) },
  }));
  if (n % 2 === 0) {
    await makeApi(database.sql).alerts.raise_alerts({ p_alerts: alerts });
    return;
  }
  await postAlerts(apiUrl, 'alerts/batch', alerts);
}
