// Measures what bad neighbours cost: the latency of healthy webhooks with and without ten that hang, ten that fail and one with a backlog.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import { startScript } from '../children.ts';
import { makeWebhooks } from '../fixtures.ts';
import { compare, figure, percentile, ratio, type Sample } from '../measure.ts';
import type { BenchDatabase } from '../place.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'isolation',
  title: 'Latency of healthy webhooks among 1,000, with and without bad neighbours, in turn.',
  run,
};

const FAN_OUT = 10;
/** Deliveries per second: far from the machine's limit, so that what is seen is the neighbours. */
const PER_SECOND = 1000;

const WITHOUT = 'all healthy';
const WITH = 'with bad neighbours';

type Side = { database: BenchDatabase; receiver: Receiver; sick: number };

async function run(bench: Bench): Promise<Report> {
  const webhooks = bench.pick(1000, 500, 100);
  const bad = bench.pick(10, 10, 2);
  const backlog = bench.pick(1_000_000, 100_000, 2000);
  const sides: Side[] = [];
  try {
    for (const isSick of [false, true]) {
      const side = {
        database: await bench.place.makeDatabase(),
        receiver: await startReceiver(),
        sick: isSick ? bad : 0,
      };
      sides.push(side);
      await install(bench, side, webhooks);
      if (isSick) await pileUp(side.database.sql, backlog);
    }
    bench.say(`  ${backlog.toLocaleString('en')} deliveries wait for one webhook`);
    const [without, withThem] = sides as [Side, Side];
    const medians = await compare(bench, [
      { name: WITHOUT, run: () => measure(bench, without, webhooks) },
      { name: WITH, run: () => measure(bench, withThem, webhooks) },
    ]);
    return reportOf(medians, { webhooks, bad, backlog, left: await countLeft(withThem.database.sql) });
  } finally {
    for (const { database, receiver } of sides) {
      await receiver.stop();
      await database.drop();
    }
  }
}

/** Webhook 1 has the backlog; the sick ones are spread evenly over the groups, and take what their groups get. */
async function install(bench: Bench, { database: { sql }, receiver, sick }: Side, webhooks: number): Promise<void> {
  await makeWebhooks(sql, { count: webhooks, fanOut: FAN_OUT, url: `${receiver.url}/healthy` });
  await sql`update tocsin_data.webhooks set max_in_flight = 10, timeout_seconds = ${bench.pick(30, 30, 1)}`;
  if (sick === 0) return;
  const every = Math.floor(webhooks / sick);
  await sql`
    update tocsin_data.webhooks set url = case
        when webhook_id = 1 then ${receiver.url}::text || '/slow'
        when webhook_id % ${every}::integer = 2 then ${receiver.url}::text || '/hang'
        else ${receiver.url}::text || '/fail' end
     where webhook_id = 1 or webhook_id % ${every}::integer in (2, 3)`;
}

/** Puts rows into the queue of webhook 1 as raising would, a thousand for each of some alerts. */
async function pileUp(sql: Sql, rows: number): Promise<void> {
  await sql`select count(*) from tocsin.raise_alerts((
    select jsonb_agg(jsonb_build_object('message', 'An order was paid.', 'alert_type', 'bench.nobody',
             'context', jsonb_build_object('pad', repeat('x', 300))))
      from generate_series(1, 1000)))`;
  for (let left = rows; left > 0; left -= 100_000) {
    await sql`
      insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
        select tocsin_internal.id_time(d.delivery_id), d.delivery_id, a.alert_id, 1, 1, 1, 1
          from unnest(tocsin_internal.next_ids(${Math.min(left, 100_000)}::integer)) with ordinality as d(delivery_id, n)
          join (select alert_id, row_number() over (order by alert_id) as n from tocsin_data.alerts) a
            on a.n = 1 + d.n % 1000`;
  }
  await sql`vacuum tocsin_data.alert_delivery_queue`;
}

async function measure(bench: Bench, { database, receiver, sick }: Side, webhooks: number): Promise<Sample> {
  const worker = await startScript('rivals/tocsin_worker.ts', [database.url, '256']);
  try {
    await receiver.reset();
    // A worker that has just started is slow to all, whoever its neighbours are.
    await receiver.waitFor(await raiseEvenly(database.sql, bench.pick(3, 1, 0.2), webhooks, sick));
    await receiver.reset();
    const seconds = bench.pick(10, 4, 0.5);
    const healthy = await raiseEvenly(database.sql, seconds, webhooks, sick);
    const { latenciesMs } = await receiver.waitFor(healthy);
    const share = (at: number) => percentile(latenciesMs, at);
    return { p50_ms: share(0.5), p95_ms: share(0.95), p99_ms: share(0.99), max_ms: share(1), deliveries: healthy };
  } finally {
    await worker.stop();
  }
}

/** Raises alerts at an even pace; resolves with how many deliveries go to healthy webhooks. */
async function raiseEvenly(sql: Sql, seconds: number, webhooks: number, sick: number): Promise<number> {
  const { alerts } = makeApi(sql);
  const total = Math.ceil((PER_SECOND * seconds) / FAN_OUT);
  const groups = Math.ceil(webhooks / FAN_OUT);
  const every = sick === 0 ? 0 : Math.floor(webhooks / sick);
  const isHealthy = (id: number) => every === 0 || !(id === 1 || id % every === 2 || id % every === 3);
  const raised: Promise<number>[] = [];
  let healthy = 0;
  const startedAt = performance.now();
  while (raised.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * (PER_SECOND / FAN_OUT)));
    for (; raised.length < due; ) {
      const group = raised.length % groups;
      for (let i = 0; i < FAN_OUT; i++) if (isHealthy(group * FAN_OUT + i + 1)) healthy++;
      const p_context = { sent_at: performance.timeOrigin + performance.now(), pad: 'x'.repeat(300) };
      raised.push(alerts.raise_alert({ p_alert_type: `bench.g${group}`, p_message: 'An order was paid.', p_context }));
    }
    await sleep(2);
  }
  await Promise.all(raised);
  return healthy;
}

async function countLeft(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*) as n from tocsin_data.alert_delivery_queue where bucket = 1 and webhook_id = 1`;
  return row?.n ?? 0;
}

type Scene = { webhooks: number; bad: number; backlog: number; left: number };

function reportOf(medians: Map<string, Sample>, { webhooks, bad, backlog, left }: Scene): Report {
  const of = (name: string) => medians.get(name) ?? {};
  const cells = ['p50_ms', 'p95_ms', 'p99_ms', 'max_ms'];
  const times = (cell: string) => (of(WITH)[cell] ?? Number.NaN) / (of(WITHOUT)[cell] ?? Number.NaN);
  return {
    tables: [
      {
        title: 'Milliseconds from raise to received, healthy webhooks only',
        head: ['', 'deliveries', 'p50', 'p95', 'p99', 'max'],
        rows: [
          ...[WITHOUT, WITH].map((name) => [
            name,
            figure(of(name).deliveries ?? Number.NaN),
            ...cells.map((cell) => figure(of(name)[cell] ?? Number.NaN)),
          ]),
          ['ratio', '', ...cells.map((cell) => ratio(of(WITH)[cell] ?? Number.NaN, of(WITHOUT)[cell] ?? Number.NaN))],
        ],
      },
    ],
    figures: { p99_ratio: times('p99_ms'), p50_ratio: times('p50_ms') },
    notes: [
      `${webhooks} webhooks, ten to an alert, ${PER_SECOND} deliveries/s raised evenly, 256 in flight, 10 per webhook; ` +
        `measured from three seconds after the worker's start on, for ten. Of them ` +
        `${bad} never answer (timeout 30 s), ${bad} answer 500, and one, whose receiver takes 20 ms, has ` +
        `${backlog.toLocaleString('en')} deliveries waiting (${left.toLocaleString('en')} still at the end).`,
    ],
  };
}
