// Measures whether claims stay as fast as they were: as the backlog grows, and while an old snapshot keeps what was claimed.
import { type ClaimArguments, readClaim } from '../../src/delivery/batch.ts';
import { type LaneArguments, Lanes } from '../../src/delivery/lanes.ts';
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import { makeWebhooks } from '../fixtures.ts';
import { figure, median, percentile, ratio } from '../measure.ts';
import type { Bench, Report, Scenario } from '../scenario.ts';

const LANES = 100;
const BATCH = 100;

export const scenario: Scenario = {
  name: 'claim_flat',
  title: `What a claim of ${BATCH} takes as the backlog grows, and as deliveries pass while a transaction elsewhere stays open.`,
  run,
};

/** Milliseconds of each of some claims. */
type Times = number[];

/** Claims once; `isEnd` when nothing waits any more. */
type Claimer = () => Promise<{ ms: number; count: number; isEnd: boolean }>;

async function run(bench: Bench): Promise<Report> {
  const { sql, drop } = await bench.place.makeDatabase();
  const backlogs = bench.pick(
    [1_000, 10_000, 100_000, 1_000_000, 5_000_000],
    [1_000, 10_000, 100_000],
    [1_000, 10_000],
  );
  const passing = bench.pick(1_000_000, 50_000, 5_000);
  try {
    await makeWebhooks(sql, { count: LANES, fanOut: 10 });
    await sql`select count(*) from tocsin.raise_alerts((
      select jsonb_agg(jsonb_build_object('message', 'An order was paid.', 'alert_type', 'bench.g0',
               'context', jsonb_build_object('order', n, 'pad', repeat('x', 300)))) from generate_series(1, 1000) as n))`;
    const grown = new Map<number, Times>();
    for (const backlog of backlogs) grown.set(backlog, await claimFrom(bench, sql, backlog));
    const passed = await passUnderSnapshot(bench, sql, passing);
    return reportOf(grown, passed, passing);
  } finally {
    await drop();
  }
}

/** Deliveries of the thousand alerts, the same number in each lane, due since an hour at a thousand a second and lane. */
async function fill(sql: Sql, deliveries: number): Promise<void> {
  await sql`truncate tocsin_data.alert_delivery_queue, tocsin_data.alert_delivery_leases`;
  await sql`
    insert into tocsin_data.alert_delivery_queue (due_at, delivery_id, alert_id, webhook_id, tenant_id, bucket, attempt)
      select tocsin_internal.id_time(d.id), d.id, a.ids[1 + d.n % 1000], l.webhook_id, 1, l.bucket, 1
        from (select array_agg(alert_id) as ids from tocsin_data.alerts) a
       cross join (select n, tocsin_internal.id_at(now() - interval '3 hours') + n::bigint * 8192 / ${LANES}::int as id
                     from generate_series(1, ${deliveries}::int) as n) d
        join (select webhook_id, bucket, row_number() over (order by webhook_id) - 1 as n from tocsin_data.webhook_lanes) l
          on l.n = d.n % ${LANES}::int`;
  await sql`vacuum tocsin_data.alert_delivery_queue`;
}

async function claimFrom(bench: Bench, sql: Sql, backlog: number): Promise<Times> {
  await fill(sql, backlog);
  const claimer = makeClaimer(sql, true);
  const count = Math.min(bench.pick(200, 40, 5), backlog / BATCH / 2);
  const times: Times = [];
  // The first claim of all plans.
  for (let i = -3; i < count; i++) {
    const { ms } = await claimer();
    if (i >= 0) times.push(ms);
  }
  bench.say(`  backlog ${backlog}: ${figure(median(times))} ms`);
  return times;
}

/** Claims everything while a snapshot is open; the times of each tenth, as our worker claims and by walks alone. */
async function passUnderSnapshot(bench: Bench, sql: Sql, passing: number): Promise<Map<string, Times[]>> {
  const passed = new Map<string, Times[]>();
  for (const [name, knows, share] of [
    ['as the worker claims', true, 1],
    ['by walks alone', false, bench.pick(0.1, 1, 1)],
  ] as const) {
    await fill(sql, passing);
    const old = await sql.reserve();
    try {
      await old`begin isolation level repeatable read`;
      await old`select count(*) from tocsin_data.tenants`;
      passed.set(name, await tenths(makeClaimer(sql, knows), passing, share));
    } finally {
      await old`rollback`;
      old.release();
    }
    bench.say(`  ${name}: ${(passed.get(name) ?? []).map((times) => figure(median(times))).join(', ')} ms`);
  }
  return passed;
}

async function tenths(claimer: Claimer, passing: number, share: number): Promise<Times[]> {
  const all: Times[] = [];
  let done = 0;
  while (done < passing * share) {
    const { ms, count, isEnd } = await claimer();
    if (isEnd) throw new Error(`Only ${done} of ${passing} could be claimed.`);
    done += count;
    const tenth = Math.min(9, Math.floor((10 * Math.max(0, done - 1)) / passing));
    all[tenth] ??= [];
    all[tenth].push(ms);
  }
  return all.map((times) => times ?? []);
}

/** One claim after the other, as a worker makes them; what is claimed is dropped. */
function makeClaimer(sql: Sql, knows: boolean): Claimer {
  const api = makeApi(sql);
  const lanes = new Lanes();
  let after = 0;
  const next = (): LaneArguments => {
    if (!knows) return { p_after_webhook_id: after, p_buckets: null, p_overdue_ms: 0 };
    return lanes.isSweepDue() ? lanes.sweep() : lanes.next(BATCH, null);
  };
  return async () => {
    const claim: ClaimArguments = {
      p_worker_id: null as never,
      p_limit: BATCH,
      p_lease_ms: 180_000,
      p_busy_webhook_ids: [],
      p_busy_counts: [],
      ...next(),
    };
    const startedAt = performance.now();
    const row = await api.workers.claim_deliveries(claim);
    const ms = performance.now() - startedAt;
    const deliveries = readClaim(row);
    const isWhole = lanes.claimed(claim, row, deliveries);
    after = row.next_after_webhook_id;
    await sql`delete from tocsin_data.alert_delivery_leases where lease_id = ${row.lease_id}`;
    return { ms, count: deliveries.length, isEnd: isWhole && deliveries.length === 0 };
  };
}

function reportOf(grown: Map<number, Times>, passed: Map<string, Times[]>, passing: number): Report {
  const medians = [...grown].map(([backlog, times]) => [backlog, median(times)] as const);
  const first = medians[0]?.[1] as number;
  const tenthsOf = (name: string) =>
    (passed.get(name) ?? []).filter((times) => times.length > 0).map((times) => median(times));
  const ours = tenthsOf('as the worker claims');
  const walks = tenthsOf('by walks alone');
  const places = ours.map((_, i) => ((i + 1) * passing) / 10);
  return {
    tables: [
      {
        title: `Milliseconds a claim of ${BATCH} takes, by what is waiting`,
        head: ['waiting', 'median', 'p95', 'to the first'],
        rows: [...grown].map(([backlog, times]) => [
          backlog.toLocaleString('en'),
          figure(median(times)),
          figure(percentile(times, 0.95)),
          ratio(median(times), first),
        ]),
      },
      {
        title: 'Milliseconds (median) by how many have passed since a transaction elsewhere took its snapshot',
        head: ['passed', 'as the worker claims', 'p99', 'to the first', 'by walks alone'],
        rows: places.map((place, i) => [
          place.toLocaleString('en'),
          figure(ours[i] as number),
          figure(percentile(passed.get('as the worker claims')?.[i] ?? [], 0.99)),
          ratio(ours[i] as number, ours[0] as number),
          walks[i] === undefined ? 'not run' : figure(walks[i]),
        ]),
      },
    ],
    figures: {
      growth_by_backlog: Math.max(...medians.map(([, ms]) => ms)) / first,
      growth_under_snapshot: Math.max(...ours) / (ours[0] as number),
    },
    notes: [
      `${LANES} lanes with as much waiting in each; payloads included; one client.`,
      "The worker's claims include its sweeps, which have no floors.",
      'By walks alone: every claim looks at the heads of the lanes, and steps over all that was claimed since the snapshot.',
    ],
    plots: [
      {
        name: 'claim_by_backlog',
        title: `A claim of ${BATCH} against what is waiting`,
        xLabel: 'waiting',
        yLabel: 'ms',
        lines: [{ name: 'median', points: medians.map(([x, y]) => [x, y]) }],
      },
      {
        name: 'claim_under_snapshot',
        title: 'A claim while an old snapshot is open',
        xLabel: 'passed since',
        yLabel: 'ms',
        lines: [
          { name: 'as the worker claims', points: ours.map((ms, i) => [places[i] as number, ms]) },
          { name: 'by walks alone', points: walks.map((ms, i) => [places[i] as number, ms]) },
        ],
      },
    ],
  };
}
