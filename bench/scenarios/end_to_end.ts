// Measures whole deliveries: claimed, signed, POSTed to a receiver in another process, recorded; against others at the same job.
import { compare, figure, ratio } from '../measure.ts';
import { benchSecret } from '../fixtures.ts';
import type { BenchDatabase } from '../place.ts';
import { startReceiver, type Receiver } from '../receiver.ts';
import { startRedis } from '../redis.ts';
import { bareLoop, bullmq, graphileWorker, pgBoss, type Sending, tocsin } from '../rivals/sending.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'end_to_end',
  title: 'Deliveries per second from a full queue to a receiver in another process, everything recorded.',
  run,
};

const BARE = 'bare loop, 64 in flight';

async function run(bench: Bench): Promise<Report> {
  const databases: BenchDatabase[] = [];
  const makeDatabase = async () => {
    const database = await bench.place.makeDatabase();
    databases.push(database);
    return database;
  };
  const receivers = [await startReceiver(), await startReceiver(benchSecret)] as const;
  const [receiver, verifier] = receivers;
  const redis = bench.size === 'full' ? await startRedis() : undefined;
  const contenders: [Sending, Receiver][] = [];
  try {
    const at = receiver.url;
    contenders.push([bareLoop(at, 64), receiver], [tocsin(await makeDatabase(), at, 256), receiver]);
    if (bench.size !== 'tiny') contenders.push([graphileWorker(await makeDatabase(), at, 64, false), receiver]);
    if (bench.size === 'full') {
      contenders.push([graphileWorker(await makeDatabase(), at, 64, true), receiver]);
      for (const isLogging of [false, true]) {
        contenders.push([pgBoss(await makeDatabase(), at, 250, 2, isLogging), receiver]);
        const log = isLogging ? await makeDatabase() : undefined;
        if (redis) contenders.push([bullmq(redis, at, 64, log), receiver]);
      }
      const verified = 'Tocsin, every signature verified by the receiver';
      contenders.push([tocsin(await makeDatabase(), verifier.url, 256, verified), verifier]);
    }
    return await measure(bench, contenders);
  } finally {
    for (const [sending] of contenders) await sending.close();
    for (const each of receivers) await each.stop();
    await redis?.stop();
    for (const database of databases) await database.drop();
  }
}

/**
 * Long enough, three seconds or so, that what a worker takes to get going hardly counts. Those who are slower get fewer, which
 * is kind to queues that a backlog makes slow.
 */
function countFor(bench: Bench, name: string): number {
  const isFast = name === BARE || name.startsWith('Tocsin');
  return bench.pick(isFast ? 150_000 : 75_000, 10_000, 300);
}

async function measure(bench: Bench, contenders: [Sending, Receiver][]): Promise<Report> {
  for (const [sending] of contenders) await sending.install();
  const medians = await compare(
    bench,
    contenders.map(([sending, receiver]) => ({
      name: sending.name,
      prepare: () => sending.fill(countFor(bench, sending.name)),
      run: () => drain(sending, receiver, countFor(bench, sending.name)),
    })),
  );
  const speedOf = (name: string) => medians.get(name)?.per_second ?? Number.NaN;
  const ours = speedOf('Tocsin');
  const names = contenders.map(([{ name }]) => name);
  const figures: Record<string, number> = { per_second: ours, ratio_to_bare_loop: ours / speedOf(BARE) };
  for (const name of names) figures[`ratio_to_${name.toLowerCase().replace(/\W+/g, '_')}`] = ours / speedOf(name);
  return {
    tables: [
      {
        title: 'Deliveries per second',
        head: ['', 'per second', 'of the bare loop', 'Tocsin is'],
        rows: names.map((name) => {
          const speed = speedOf(name);
          return [name, figure(speed), `${Math.round((speed / speedOf(BARE)) * 100)} %`, ratio(ours, speed)];
        }),
      },
    ],
    figures,
    notes: [
      `${countFor(bench, BARE)} deliveries of 500 bytes wait as the worker starts, ${countFor(bench, 'BullMQ')} for the slower ones; ` +
        'counted by the receiver from the first to the last. Database, worker, receiver share the machine. Every id came, and everything was recorded.',
      'Tocsin: 100 webhooks, an alert has ten deliveries, 256 in flight, attempt log and health kept; one worker process.',
      "All run on Bun and sign alike; Tocsin sends by a client of its own, all others and the bare loop by Bun's fetch. " +
        "graphile-worker: its performance page's settings, 64 at a time. " +
        'pg-boss: batches of 250, two at a time, fetched at once while full, a result for each job. BullMQ: concurrency 64, ' +
        'append-only file each second. None of them keeps health or is fair; where it is said they log attempts, as ' +
        'Tocsin does: a row in PostgreSQL for each, one statement a job, or a batch for pg-boss.',
    ],
  };
}

async function drain(sending: Sending, receiver: Receiver, count: number): Promise<{ per_second: number }> {
  await receiver.reset();
  const worker = await sending.start(count);
  const received = await receiver.waitFor(count).finally(() => worker.stop());
  if (received.unverified > 0) throw new Error(`${received.unverified} signatures were wrong.`);
  await sending.check(count);
  return { per_second: (received.total - 1) / received.seconds };
}
