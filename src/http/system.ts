// The route /system: processes, workers, connections, partitions and versions, for the page and for scripts.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import packageJson from '../../package.json' with { type: 'json' };
import { systemOverviewRow, workerRow } from '../store/api/system.ts';
import { gauges, type MeterSpec } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import { NO_STORE } from './answers.ts';
import { auth } from './auth.ts';
import type { Deps } from './deps.ts';
import { operation } from './operation.ts';

const count = Type.Integer({ minimum: 0 });
const overview = Type.Object(
  {
    version: Type.String({ description: 'Of Tocsin.' }),
    generated_at: Type.String({ format: 'date-time' }),
    server: Type.Object(
      {
        processes: count,
        restarts: count,
        started_at: Type.String({ format: 'date-time', description: 'Of the oldest process.' }),
        memory_bytes: count,
        sockets: count,
        pool: Type.Object({ size: count, used: count, waiting: count }),
      },
      { description: 'All processes of the server that answers, right to about a second.' },
    ),
    database: Type.Object(systemOverviewRow),
    workers: Type.Array(Type.Object(workerRow, { title: 'Worker' }), {
      description: 'Of every server of this database.',
    }),
  },
  { title: 'SystemOverview' },
);

const read = operation(
  'get_system_overview',
  {
    tag: 'health',
    summary: 'Processes, workers, connections, partitions and versions',
    description:
      'What the page about the system shows, in one answer; /health/deep says how it is, without credentials.',
    answers: { 200: overview },
  },
  {},
);

/** What there is to know of the system itself; it names no tenant and no webhook. */
export const system = (deps: Deps) => {
  const { get_system_overview, list_workers } = deps.api.system;
  return new Elysia({ name: 'system', prefix: '/system' }).use(auth(deps)).get(
    '/',
    async ({ set }) => {
      set.headers['cache-control'] = NO_STORE;
      const [database, workers] = await Promise.all([get_system_overview(), list_workers()]);
      const generated_at = new Date().toISOString();
      return { version: packageJson.version, generated_at, server: serverOf(deps), database, workers };
    },
    read,
  );
};

/** Without meters, of this process alone. */
function serverOf({ meters, scoreboard, sql, live }: Deps) {
  const { processes, restarts } = scoreboard?.server ?? { processes: 1, restarts: 0 };
  const rows = meters ? [...meters.rows()] : [];
  const started = rows.map((row) => row[gauges.startedAt.at] as number).filter((seconds) => seconds > 0);
  const startedMs = started.length > 0 ? Math.min(...started) * 1000 : Date.now() - performance.now();
  return {
    processes,
    restarts,
    started_at: new Date(startedMs).toISOString(),
    memory_bytes: sumOf(meters, gauges.rss) || process.memoryUsage.rss(),
    sockets: Math.max(sumOf(meters, gauges.sockets), live?.counts().connections ?? 0),
    pool: {
      size: sumOf(meters, gauges.poolSize) || sql.options.max,
      used: sumOf(meters, gauges.poolUsed),
      waiting: sumOf(meters, gauges.poolWaiting),
    },
  };
}

/** Over all processes, of a gauge's first label: of the pools that is the one that answers requests. */
function sumOf(meters: Meters | undefined, { at }: MeterSpec): number {
  let sum = 0;
  for (const row of meters?.rows() ?? []) sum += row[at] as number;
  return Math.max(0, Math.round(sum));
}
