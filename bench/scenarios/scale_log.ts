// Fills the delivery log with millions of rows over a month of partitions, and times what people look up in it.
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import { figure, median } from '../measure.ts';
import type { Bench, Plot, Report, Scenario, Table } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'scale_log',
  title: 'Lists over a delivery log of a hundred million rows.',
  isLong: true,
  run,
};

export type Lists = { tables: Table[]; plots: Plot[]; figures: Record<string, number>; notes: string[] };

/** Days over which the rows are spread. */
const DAYS = 21;
const WEBHOOKS = 1000;
const REPEATS = 20;

type Look = { name: string; run: () => Promise<unknown> };

/** Half an hour, most of it filling; about 20 GB on the disk. */
async function run(bench: Bench): Promise<Report> {
  const database = await bench.place.makeDatabase();
  try {
    return await measureLists(bench, database.sql, bench.pick([1_000_000, 10_000_000, 100_000_000], [100_000], [2000]));
  } finally {
    await database.drop();
  }
}

/** Fills the log to each of these numbers of rows in turn, and looks things up in it. */
export async function measureLists(bench: Bench, sql: Sql, steps: number[]): Promise<Lists> {
  await sql`select tocsin.maintain_partitions(p_now => now() - n * interval '1 day')
              from generate_series(${DAYS}::integer, 1, -4) as n`;
  const results = new Map<string, [number, number][]>();
  let made = 0;
  let perSecond = Number.NaN;
  for (const rows of steps) {
    const startedAt = performance.now();
    await fill(sql, made, rows);
    perSecond = (rows - made) / ((performance.now() - startedAt) / 1000);
    made = rows;
    await sql`vacuum analyze tocsin_data.alert_delivery_log`;
    for (const { name, run } of await looksAt(sql)) {
      const ms = await time(run, bench.pick(REPEATS, 5, 2));
      results.set(name, [...(results.get(name) ?? []), [rows, ms]]);
    }
    bench.say(`  ${rows.toLocaleString('en')} rows in the log`);
  }
  return listsOf(results, made, perSecond);
}

/** Each day gets its part, in the order of ids, as delivering would write it; one of a hundred has failed for good. */
async function fill(sql: Sql, from: number, to: number): Promise<void> {
  const perDay = Math.floor((to - from) / DAYS);
  for (let day = DAYS; day >= 1; day--)
    await sql`
      insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms,
          status_code, bucket, attempt, status)
        select i.id, i.id, i.at, n % ${WEBHOOKS}::integer + 1, 1, 20, case when n % 100 = 0 then 500 else 204 end,
               (n % ${WEBHOOKS}::integer + 1) & 63, 1, case when n % 100 = 0 then 'failed' else 'delivered' end
          from generate_series(1, ${perDay}::integer) as n
          cross join lateral (select now() - ${day}::integer * interval '1 day'
                                + n * (interval '23 hours' / ${perDay}::integer) as at) t
          cross join lateral (select tocsin_internal.id_at(t.at) + ${from % 4000}::integer + n % 4000 as id, t.at) i
      on conflict do nothing`;
}

async function looksAt(sql: Sql): Promise<Look[]> {
  const api = makeApi(sql).deliveries;
  const [middle] = await sql<{ delivery_id: number }[]>`
    select delivery_id from tocsin_data.alert_delivery_log
     where delivery_id >= tocsin_internal.id_at(now() - interval '10 days') order by delivery_id limit 1`;
  const key = { p_tenant_id: 1 };
  const p_delivery_id = middle?.delivery_id ?? 0;
  return [
    { name: 'newest 20', run: () => api.list_deliveries({ ...key, p_limit: 20 }) },
    { name: 'newest 20 of one webhook', run: () => api.list_deliveries({ ...key, p_webhook_id: 7, p_limit: 20 }) },
    { name: 'newest 20 that failed', run: () => api.list_deliveries({ ...key, p_status: 'failed', p_limit: 20 }) },
    {
      name: '20 from ten days ago',
      run: () => api.list_deliveries({ ...key, p_before_id: p_delivery_id, p_limit: 20 }),
    },
    { name: 'one by its id', run: () => api.get_delivery({ ...key, p_delivery_id }) },
  ];
}

async function time(run: () => Promise<unknown>, repeats: number): Promise<number> {
  for (let i = 0; i < 3; i++) await run();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

function listsOf(results: Map<string, [number, number][]>, made: number, perSecond: number): Lists {
  const lines = [...results].map(([name, points]) => ({ name, points }));
  const first = lines[0]?.points ?? [];
  const growth = lines.map(({ points }) => (points.at(-1)?.[1] ?? Number.NaN) / (points[0]?.[1] ?? Number.NaN));
  return {
    tables: [
      {
        title: 'Lists over the delivery log, milliseconds',
        head: ['', ...first.map(([rows]) => `${rows.toLocaleString('en')} rows`)],
        rows: lines.map(({ name, points }) => [name, ...points.map(([, ms]) => figure(ms))]),
      },
    ],
    plots: [
      {
        name: made > 5_000_000 ? 'scale_log' : 'scale_lists',
        title: 'Lists over the delivery log',
        xLabel: 'rows in the log',
        yLabel: 'ms',
        lines,
      },
    ],
    figures: { list_growth: Math.max(...growth) },
    notes: [
      `The log has ${made.toLocaleString('en')} rows over ${DAYS} days of partitions, put there by insert at ${figure(perSecond)} ` +
        'rows/s with its indexes.',
    ],
  };
}
