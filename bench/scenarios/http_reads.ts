// Measures reads that are answered from memory: the list of webhooks at growing numbers of connections, and every other hot route.
import { answerOf, asking, type Asking } from '../http/contenders.ts';
import { type Rig, usualConnections, withRig } from '../http/rig.ts';
import { type Server, startElysia, startFastify, startHello, startTocsin } from '../http/servers.ts';
import { commonNotes, cpuShare, figuresOf, share, speedTable, type Target, targetTable } from '../http/tables.ts';
import { compare, type Medians } from '../measure.ts';
import type { Plot, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'http_reads',
  title: 'Reads that are answered from memory, per second, and how long they take.',
  run: (bench) => withRig(bench, run),
};

const LIST = '/api/v1/webhooks';
const routes = [
  '/api/v1/webhooks/1',
  '/api/v1/alerts',
  '/api/v1/deliveries',
  '/api/v1/dashboard/overview',
  '/api/v1/dashboard/performance',
  '/health',
];
/** What the Python original of this API answered on this kind of machine: see the targets. */
const PYTHON_PER_SECOND = 695;
const ELYSIA = 'bare Elysia, same bytes';

type Contest = { servers: Server[]; tocsin: Server; connections: number[] };

async function run(rig: Rig): Promise<Report> {
  const { bench, database, keep } = rig;
  const { url } = database;
  const tocsin = keep(await startTocsin({ databaseUrl: url }));
  const { bytes } = await answerOf(tocsin, LIST);
  const elysia = keep(await startElysia(bytes));
  const servers = [elysia, tocsin];
  if (bench.size === 'full') {
    const env = { API_WORKERS: '2' };
    servers.push(keep(await startTocsin({ databaseUrl: url, name: 'Tocsin, 2 processes', env })));
    servers.push(keep(await startHello()), keep(await startFastify(url)));
  }
  const usual = usualConnections(bench);
  const connections = bench.pick([10, usual, 200, 1000], [usual, 1000], [usual]);
  const byConnections = await measureList(rig, { servers, tocsin, connections });
  const byRoute = bench.size === 'full' ? await measureRoutes(rig, tocsin) : undefined;
  const targets = targetsOf(byConnections, usual);
  const all = [...byConnections.values(), ...(byRoute ? [byRoute] : [])];
  const tables = [...byConnections].map(([count, medians]) =>
    speedTable(
      `A list of 20 webhooks, ${bytes.length.toLocaleString('en')} bytes, ${count} connections`,
      medians,
      ELYSIA,
    ),
  );
  if (byRoute) tables.push(speedTable(`Other hot routes, ${usual} connections`, byRoute, routes[0] as string));
  return {
    tables: [targetTable(targets), ...tables],
    figures: figuresOf(targets, all),
    notes: [
      ...commonNotes,
      'Fastify asks the database each time, through pg with ten connections and the same SQL functions; it checks no ' +
        'credentials and counts nothing. Bare Elysia and Bun.serve do nothing but answer.',
    ],
    plots: bench.size === 'full' ? plotsOf(byConnections) : [],
  };
}

/** All servers at each number of connections; and, at the usual one, what a client gets that has the answer already. */
async function measureList(rig: Rig, { servers, tocsin, connections }: Contest): Promise<Map<number, Medians>> {
  const { bench, loader, spell } = rig;
  const found = new Map<number, Medians>();
  for (const count of connections) {
    bench.say(`list, ${count} connections`);
    const asked: Asking = { paths: [LIST], connections: count };
    const contenders = servers.map((server) => asking(loader, server.name, server, spell, asked));
    if (count === usualConnections(bench))
      contenders.push(asking(loader, 'Tocsin, 304', tocsin, spell, { ...asked, isKnown: true }));
    found.set(count, await compare(bench, contenders));
  }
  return found;
}

async function measureRoutes({ bench, loader, spell }: Rig, tocsin: Server): Promise<Medians> {
  bench.say('other routes');
  const contenders = routes.map((path) =>
    asking(loader, path, tocsin, spell, { paths: [path], connections: usualConnections(bench) }),
  );
  return compare(bench, contenders);
}

function targetsOf(byConnections: Map<number, Medians>, count: number): Target[] {
  const usual = byConnections.get(count) as Medians;
  const most = byConnections.get(1000);
  const p99 = (medians: Medians) => medians.get('Tocsin')?.p99_ms ?? Number.NaN;
  const targets: Target[] = [
    {
      key: 'ratio_hot',
      what: 'hot read, of bare Elysia',
      wanted: 0.6,
      measured: share(usual, 'Tocsin', ELYSIA),
      unit: '%',
    },
    {
      key: 'ratio_304',
      what: '304, of bare Elysia',
      wanted: 0.75,
      measured: share(usual, 'Tocsin, 304', ELYSIA),
      unit: '%',
    },
    {
      key: 'hot_per_second',
      what: 'hot read, 40 times the Python original on a machine like this',
      wanted: 40 * PYTHON_PER_SECOND,
      measured: usual.get('Tocsin')?.per_second ?? Number.NaN,
      unit: 'per s',
    },
    {
      key: 'p99_ms',
      what: `p99 at ${count} connections`,
      wanted: 10,
      isMost: true,
      measured: p99(usual),
      unit: 'ms',
    },
  ];
  if (most)
    targets.push({
      key: 'p99_ms_1000',
      what: 'p99 at 1,000 connections',
      wanted: 100,
      isMost: true,
      measured: p99(most),
      unit: 'ms',
    });
  const cpu = cpuShare(usual, 'Tocsin', ELYSIA);
  if (Number.isFinite(cpu)) {
    const measured = cpuShare(usual, 'Tocsin, 304', ELYSIA);
    targets.push({ key: 'cpu_ratio_hot', what: 'hot read, by CPU time', wanted: 0.6, measured: cpu, unit: '%' });
    targets.push({ key: 'cpu_ratio_304', what: '304, by CPU time', wanted: 0.75, measured, unit: '%' });
  }
  return targets;
}

function plotsOf(byConnections: Map<number, Medians>): Plot[] {
  const names = [...new Set([...byConnections.values()].flatMap((medians) => [...medians.keys()]))].filter(
    (name) => !name.endsWith('304'),
  );
  const pointsOf = (name: string, key: string) =>
    [...byConnections].map(([count, medians]): [number, number] => [count, medians.get(name)?.[key] ?? Number.NaN]);
  const xLabel = 'connections';
  return [
    {
      name: 'http_reads_throughput',
      title: 'A list of 20 webhooks: answers per second',
      xLabel,
      yLabel: 'per second',
      lines: names.map((name) => ({ name, points: pointsOf(name, 'per_second') })),
    },
    {
      name: 'http_reads_latency',
      title: 'A list of 20 webhooks from Tocsin: milliseconds',
      xLabel,
      yLabel: 'ms',
      lines: ['p50', 'p95', 'p99'].map((name) => ({ name, points: pointsOf('Tocsin', `${name}_ms`) })),
    },
  ];
}
