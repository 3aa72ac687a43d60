// Measures writes: alerts raised by POST, one by one and in batches, against bare postgres.js and against bare inserts.
import type { BareOrder } from '../rivals/bare_postgres.ts';
import { installBareInserts } from '../rivals/raising.ts';
import { makeAlert } from '../http/alerts.ts';
import { asking, type Asking, looping } from '../http/contenders.ts';
import { type Rig, usualConnections, withRig } from '../http/rig.ts';
import { startRunner } from '../http/runner.ts';
import { createWebhook, startFastify, startTocsin } from '../http/servers.ts';
import { commonNotes, cpuShare, figuresOf, share, speedTable, type Target, targetTable } from '../http/tables.ts';
import { compare, type Medians } from '../measure.ts';
import type { Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'http_writes',
  title: 'Alerts raised by POST, alone and in batches, against calling the same SQL functions directly.',
  run: (bench) => withRig(bench, run),
};

const BATCH = 1000;
const BARE = 'bare postgres.js, raise_alert';
const BARE_BATCH = 'bare postgres.js, raise_alerts';
const INSERTS = 'two bare inserts, postgres.js';
const POST = 'Tocsin, POST /alerts';
const POST_BATCH = 'Tocsin, POST /alerts/batch';

type Writers = {
  post(name: string, path: string, body: unknown, connections: number): ReturnType<typeof asking>;
  bare(name: string, call: BareOrder['call'], inFlight: number): ReturnType<typeof looping>;
};

async function run(rig: Rig): Promise<Report> {
  const { bench, database, loader, spell, keep } = rig;
  await installBareInserts(database.sql);
  const tocsin = keep(await startTocsin({ databaseUrl: database.url, isApiOnly: true }));
  const events = [makeAlert(0).alert_type];
  await createWebhook(tocsin, { name: 'waits', url: 'https://receiver.test/', events });
  const fastify = bench.size === 'full' ? keep(await startFastify(database.url)) : undefined;
  const runner = keep(await startRunner<BareOrder>('rivals/bare_postgres.ts', [database.url]));
  const orderOf = (path: string, body: unknown, connections: number): Asking => ({
    paths: [path],
    connections,
    method: 'POST',
    status: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const writers: Writers = {
    post: (name, path, body, connections) => asking(loader, name, tocsin, spell, orderOf(path, body, connections)),
    bare: (name, call, inFlight) => looping(name, runner, { call, inFlight, ...spell }),
  };
  const singles = new Map<number, Medians>();
  const usual = usualConnections(bench);
  for (const count of bench.pick([10, usual, 200], [usual], [usual])) {
    bench.say(`one alert a request, ${count} at a time`);
    const contenders = [
      writers.bare(BARE, 'raise_alert', count),
      writers.bare(INSERTS, 'two_inserts', count),
      writers.post(POST, '/api/v1/alerts', makeAlert(0), count),
    ];
    if (fastify)
      contenders.push(asking(loader, fastify.name, fastify, spell, orderOf('/api/v1/alerts', makeAlert(0), count)));
    singles.set(count, await compare(bench, contenders));
  }
  const batches = await measureBatches(rig, writers);
  return reportOf(singles, usual, batches);
}

/** In alerts per second, not in requests. */
async function measureBatches({ bench }: Rig, writers: Writers): Promise<Medians> {
  bench.say(`${BATCH} alerts a request`);
  const list = Array.from({ length: BATCH }, (_, n) => makeAlert(n));
  const contenders = [
    writers.bare(BARE_BATCH, 'raise_alerts', 4),
    writers.post(POST_BATCH, '/api/v1/alerts/batch', list, 4),
  ];
  const medians = await compare(bench, contenders);
  for (const sample of medians.values()) sample.per_second = (sample.per_second as number) * BATCH;
  return medians;
}

function reportOf(singles: Map<number, Medians>, count: number, batches: Medians): Report {
  const usual = singles.get(count) as Medians;
  const targets: Target[] = [
    {
      key: 'ratio_post',
      what: 'POST /alerts, of bare raise_alert',
      wanted: 0.5,
      measured: share(usual, POST, BARE),
      unit: '%',
    },
    {
      key: 'ratio_raise',
      what: 'raise_alert, of two bare inserts',
      wanted: 0.6,
      measured: share(usual, BARE, INSERTS),
      unit: '%',
    },
    {
      key: 'batch_per_second',
      what: `alerts by POST /alerts/batch of ${BATCH.toLocaleString('en')}`,
      wanted: 30_000,
      measured: batches.get(POST_BATCH)?.per_second ?? Number.NaN,
      unit: 'per s',
    },
    {
      key: 'ratio_batch',
      what: 'POST /alerts/batch, of bare raise_alerts',
      wanted: 0.5,
      measured: share(batches, POST_BATCH, BARE_BATCH),
      unit: '%',
    },
  ];
  const measured = cpuShare(usual, POST, BARE);
  if (Number.isFinite(measured))
    targets.push({ key: 'cpu_ratio_post', what: 'POST /alerts, by CPU time', wanted: 0.5, measured, unit: '%' });
  const tables = [...singles].map(([count, medians]) =>
    speedTable(`Alerts raised one by one, ${count} at a time`, medians, BARE),
  );
  return {
    tables: [
      targetTable(targets),
      ...tables,
      speedTable('Alerts raised in batches of 1,000, 4 at a time', batches, BARE_BATCH),
    ],
    // How late a whole batch is says something else than how late one alert is.
    figures: figuresOf(targets, [...singles.values()]),
    notes: [
      ...commonNotes,
      'Each alert has about 500 bytes and matches one webhook of 401. Here Tocsin runs without its worker, so that no delivery ' +
        'takes part. Two bare inserts: the text and a job that names it, in one transaction, sent together. Pools of ' +
        'ten connections; PostgreSQL flushes each commit.',
    ],
  };
}
