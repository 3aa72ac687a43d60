// Measures the queue without sending: claim and record, against graphile-worker's SQL and a state column on the same server.
import { compare, figure, ratio, type Sample } from '../measure.ts';
import { graphileQueue } from '../rivals/graphile_queue.ts';
import type { QueueShape } from '../rivals/queue_shape.ts';
import { stateQueue } from '../rivals/state_queue.ts';
import { tocsinQueue } from '../rivals/tocsin_queue.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'queue_only',
  title: 'Claim and record without sending: deliveries per second, and bytes of write-ahead log for each.',
  run,
};

async function run(bench: Bench): Promise<Report> {
  const { url, sql, drop } = await bench.place.makeDatabase();
  const shapes = [tocsinQueue(sql), graphileQueue(sql, url), stateQueue(sql)];
  const deliveries = bench.pick(150_000, 20_000, 500);
  const report: Report = { tables: [], figures: {}, notes: notesOf(deliveries) };
  const rows: string[][] = [];
  try {
    for (const shape of shapes) await shape.install();
    for (const [batch, claimers] of bench.pick(
      [
        [100, 1],
        [100, 4],
        [500, 1],
        [500, 4],
      ] as const,
      [
        [100, 4],
        [500, 4],
      ] as const,
      [[100, 2]] as const,
    ))
      rows.push(await runOne(bench, shapes, { deliveries, batch, claimers }, report));
  } finally {
    await drop();
  }
  const names = shapes.map(({ name }) => name);
  const heads = names.flatMap((name) => [`${name} /s`, 'CPU µs', 'WAL B']);
  report.tables.push({
    title: 'Deliveries per second; CPU time of the server’s sessions and bytes of write-ahead log for each',
    head: ['', 'Tocsin ÷ graphile', 'by CPU', ...heads],
    rows,
  });
  return report;
}

async function runOne(
  bench: Bench,
  shapes: QueueShape[],
  options: { deliveries: number; batch: number; claimers: number },
  report: Report,
): Promise<string[]> {
  const name = `batch ${options.batch}, ${options.claimers} claimer${options.claimers === 1 ? '' : 's'}`;
  bench.say(name);
  const medians = await compare(
    bench,
    shapes.map((shape) => ({
      name: shape.name,
      prepare: () => shape.fill(options),
      run: () => shape.drain(options),
    })),
  );
  const all = shapes.map((shape) => medians.get(shape.name) ?? {});
  const [ours, graphile] = all;
  const figureOf = (sample: Sample | undefined, figureName: string) => sample?.[figureName] ?? Number.NaN;
  const speeds = [figureOf(ours, 'per_second'), figureOf(graphile, 'per_second')] as const;
  const costs = [figureOf(ours, 'cpu_us'), figureOf(graphile, 'cpu_us')] as const;
  const key = `b${options.batch}_c${options.claimers}`;
  report.figures[`ratio_to_graphile_${key}`] = speeds[0] / speeds[1];
  report.figures[`wal_bytes_${key}`] = figureOf(ours, 'wal_bytes');
  if (Number.isFinite(costs[0])) report.figures[`cpu_ratio_to_graphile_${key}`] = costs[1] / costs[0];
  const cells = all.flatMap((sample) =>
    ['per_second', 'cpu_us', 'wal_bytes'].map((each) => figure(figureOf(sample, each))),
  );
  return [name, ratio(speeds[0], speeds[1]), ratio(costs[1], costs[0]), ...cells];
}

function notesOf(deliveries: number): string[] {
  return [
    `${deliveries} deliveries a round, synchronous_commit on, one client process (Bun, postgres.js) for all; each claimer is a connection.`,
    'Tocsin does all that its worker asks of it: 100 fair lanes, payloads (an alert has ten deliveries), ' +
      'attempt log, health, fencing, housekeeping; four claimers own a quarter of the buckets each.',
    "graphile-worker's SQL comes from the library; its jobs are two ids without a body, it logs nothing and " +
      "is fair to nobody. The state column has River's columns and index.",
  ];
}
