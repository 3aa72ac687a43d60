// What a long run looks at every ten seconds, and whether the last third of it differs from the middle third.
import { readFileSync } from 'node:fs';
import type { Sql } from '../src/store/sql.ts';
import type { Child } from './children.ts';
import { figure, median, percentile, ratio } from './measure.ts';
import type { Receiver } from './receiver.ts';
import type { Plot, Report } from './scenario.ts';

/** Everything is to be flat but the seconds. */
export type SoakSample = {
  seconds: number;
  server_mib: number;
  worker_mib: number;
  queue_kib: number;
  queue_index_kib: number;
  leases_kib: number;
  dead_tuples: number;
  p50_ms: number;
  p99_ms: number;
};

const POINTS = 12;

export async function takeSample(ms: number, sql: Sql, receiver: Receiver, programs: Child[]): Promise<SoakSample> {
  const [row] = await sql<{ queue: number; index: number; leases: number; dead: number }[]>`
    select pg_relation_size('tocsin_data.alert_delivery_queue') as queue,
           pg_indexes_size('tocsin_data.alert_delivery_queue') as index,
           pg_total_relation_size('tocsin_data.alert_delivery_leases') as leases,
           (select sum(n_dead_tup) from pg_stat_user_tables where schemaname = 'tocsin_data') as dead`;
  const latencies = await receiver.takeLatencies();
  const [server = Number.NaN, worker = Number.NaN] = programs.map(({ pid }) => residentMib(pid));
  return {
    seconds: ms / 1000,
    server_mib: server,
    worker_mib: worker,
    queue_kib: (row?.queue ?? Number.NaN) / 1024,
    queue_index_kib: (row?.index ?? Number.NaN) / 1024,
    leases_kib: (row?.leases ?? Number.NaN) / 1024,
    dead_tuples: row?.dead ?? Number.NaN,
    p50_ms: percentile(latencies, 0.5),
    p99_ms: percentile(latencies, 0.99),
  };
}

function residentMib(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

export type SoakScene = { fastest: number; minutes: number; load: number; raised: number; duplicates: number };

const rows: [keyof SoakSample, string][] = [
  ['server_mib', 'server, resident MiB'],
  ['worker_mib', 'worker, resident MiB'],
  ['queue_kib', 'queue table, KiB'],
  ['queue_index_kib', 'its index, KiB'],
  ['leases_kib', 'leases with index, KiB'],
  ['dead_tuples', 'dead tuples, all tables'],
  ['p50_ms', 'raise to received, p50 ms'],
  ['p99_ms', 'raise to received, p99 ms'],
];

/** Medians of thirds are compared; of dead tuples, which rise until the next vacuum, what was highest. */
export function reportOf(samples: SoakSample[], scene: SoakScene): Report {
  const third = Math.floor(samples.length / 3);
  const thirds = [samples.slice(0, third), samples.slice(third, 2 * third), samples.slice(2 * third)];
  const medians = (key: keyof SoakSample) => thirds.map((part) => median(part.map((sample) => sample[key])));
  const highest = (key: keyof SoakSample) => thirds.map((part) => Math.max(...part.map((sample) => sample[key])));
  const growth = (key: keyof SoakSample) => {
    const [, middle = Number.NaN, last = Number.NaN] = key === 'dead_tuples' ? highest(key) : medians(key);
    return last / middle;
  };
  const kept = rows.map(([key]) => growth(key)).filter(Number.isFinite);
  return {
    tables: [
      {
        title: 'Medians of each third of the run',
        head: ['', 'first', 'middle', 'last', 'last to middle'],
        rows: rows.map(([key, name]) => {
          const [first = Number.NaN, middle = Number.NaN, last = Number.NaN] = medians(key);
          return [name, figure(first), figure(middle), figure(last), ratio(growth(key), 1)];
        }),
      },
    ],
    plots: [
      plotOf('soak_memory', 'Memory and tables over the run', 'MiB or KiB', samples, [
        'server_mib',
        'worker_mib',
        'queue_kib',
        'queue_index_kib',
        'dead_tuples',
      ]),
      plotOf('soak_latency', 'Raise to received over the run', 'ms', samples, ['p50_ms', 'p99_ms']),
    ],
    figures: { worst_growth: Math.max(...kept), p99_growth: growth('p99_ms') },
    notes: [
      `${figure(scene.raised)} deliveries in ${scene.minutes} minutes at ${Math.round(scene.load * 100)} % of ` +
        `${figure(scene.fastest)}/s, the fastest that the same programs raise and deliver; ${scene.duplicates} came twice. ` +
        'Lists of five alerts, by REST and by SQL in turn, ten deliveries to an alert; a server with its worker, ' +
        'and a second worker. A sample every ten seconds. Repeat: `bun bench/soak.ts`',
    ],
  };
}

/** A dozen points: the medians of as many parts. */
function plotOf(name: string, title: string, yLabel: string, samples: SoakSample[], keys: (keyof SoakSample)[]): Plot {
  const size = Math.max(1, Math.ceil(samples.length / POINTS));
  const parts = Array.from({ length: Math.ceil(samples.length / size) }, (_, i) =>
    samples.slice(i * size, (i + 1) * size),
  );
  const lines = keys.map((key) => ({
    name: rows.find(([each]) => each === key)?.[1] ?? key,
    points: parts.map((part): [number, number] => [
      Math.round(part.at(-1)?.seconds ?? 0),
      median(part.map((sample) => sample[key])),
    ]),
  }));
  return { name, title, xLabel: 'seconds', yLabel, lines };
}
