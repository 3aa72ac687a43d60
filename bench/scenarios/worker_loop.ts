// Measures whole worker processes with nothing to send: Tocsin's loop against graphile-worker and BullMQ with empty jobs.
import { compare, figure, ratio } from '../measure.ts';
import type { BenchDatabase } from '../place.ts';
import { startRedis } from '../redis.ts';
import { startScript } from '../children.ts';
import { bullmq, graphileWorker, type Sending, tocsin } from '../rivals/sending.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'worker_loop',
  title: 'Jobs per second of one worker process that has nothing to do for each, from a full queue.',
  run,
};

/** A full queue, a worker without work, and how to see that nothing is left. */
type Loop = { sending: Sending; script: string; args: string[]; isEmpty: () => Promise<boolean> };

const POLL_MS = 20;
const DRAIN_MS_MAX = 120_000;

async function run(bench: Bench): Promise<Report> {
  const ours = await bench.place.makeDatabase();
  const graphile = await bench.place.makeDatabase();
  const redis = bench.size === 'full' ? await startRedis() : undefined;
  const loops = [tocsinLoop(ours), graphileLoop(graphile)];
  if (redis) {
    const sending = bullmq(redis, '', 64);
    const isEmpty = async () => (await sending.waiting?.()) === 0;
    loops.push({ sending, script: 'bullmq_loop', args: [String(redis.port), '64'], isEmpty });
  }
  try {
    for (const { sending } of loops) await sending.install();
    return await measure(bench, loops);
  } finally {
    for (const { sending } of loops) await sending.close();
    await redis?.stop();
    for (const database of [ours, graphile]) await database.drop();
  }
}

function tocsinLoop(database: BenchDatabase): Loop {
  return {
    sending: tocsin(database, 'http://127.0.0.1:9', 500),
    script: 'tocsin_loop',
    args: [database.url, '500'],
    isEmpty: async () => {
      const [row] = await database.sql<{ is_empty: boolean }[]>`
        select not exists (select from tocsin_data.alert_delivery_queue)
           and not exists (select from tocsin_data.alert_delivery_leases) as is_empty`;
      return row?.is_empty === true;
    },
  };
}

function graphileLoop(database: BenchDatabase): Loop {
  return {
    sending: graphileWorker(database, '', 64, false),
    script: 'graphile_loop',
    args: [database.url, '64'],
    isEmpty: async () => {
      const [row] = await database.sql<{ is_empty: boolean }[]>`
        select not exists (select from graphile_worker._private_jobs) as is_empty`;
      return row?.is_empty === true;
    },
  };
}

/** Long enough, four seconds or so, that what a worker takes to get going hardly counts. */
function countFor(bench: Bench, name: string): number {
  return bench.pick(name === 'BullMQ' ? 100_000 : 300_000, 20_000, 500);
}

async function measure(bench: Bench, loops: Loop[]): Promise<Report> {
  const medians = await compare(
    bench,
    loops.map((loop) => ({
      name: loop.sending.name,
      prepare: () => loop.sending.fill(countFor(bench, loop.sending.name)),
      run: () => drain(loop, countFor(bench, loop.sending.name)),
    })),
  );
  const speedOf = (name: string) => medians.get(name)?.per_second ?? Number.NaN;
  const names = loops.map(({ sending }) => sending.name);
  const ours = speedOf('Tocsin');
  return {
    tables: [
      {
        title: 'Jobs per second',
        head: ['', 'per second', 'Tocsin is'],
        rows: names.map((name) => [name, figure(speedOf(name)), ratio(ours, speedOf(name))]),
      },
    ],
    figures: Object.fromEntries(
      names.map((name) => [`ratio_to_${name.toLowerCase().replace(/\W+/g, '_')}`, ours / speedOf(name)]),
    ),
    notes: [
      `${countFor(bench, 'Tocsin')} jobs wait as the worker starts, ${countFor(bench, 'BullMQ')} for BullMQ; ` +
        `measured from its first job until nothing is left, looked for every ${POLL_MS} ms.`,
      'Tocsin: its loop as it is, 500 in flight, 100 fair lanes, payloads, attempt log, health, heartbeat, fencing; ' +
        'instead of sending, each delivery succeeds. graphile-worker: the settings of its performance page; BullMQ: ' +
        'concurrency 64, append-only file each second. Neither logs attempts nor is fair to anybody.',
    ],
  };
}

async function drain({ sending, script, args, isEmpty }: Loop, count: number): Promise<{ per_second: number }> {
  const worker = await startScript(`rivals/${script}.ts`, args);
  const startedAt = performance.now();
  let seconds = 0;
  try {
    while (!(await isEmpty())) {
      if (performance.now() - startedAt > DRAIN_MS_MAX) throw new Error(`${sending.name} did not end.`);
      await Bun.sleep(POLL_MS);
    }
    seconds = (performance.now() - startedAt) / 1000;
  } finally {
    await worker.stop();
  }
  await sending.check(count);
  return { per_second: count / seconds };
}
