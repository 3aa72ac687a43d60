// Measures what grows with the work: raising against the number of webhooks, one alert to many webhooks, lists over a long log.
import { makeApi } from '../../src/store/api.ts';
import type { Sql } from '../../src/store/sql.ts';
import { figure, median, percentile } from '../measure.ts';
import type { Bench, Plot, Report, Scenario, Table } from '../scenario.ts';
import { measureLists } from './scale_log.ts';

export const scenario: Scenario = {
  name: 'scale',
  title: 'Milliseconds of raising and of lists, as webhooks, fan-out and the log grow.',
  run,
};

type Point = { x: number; ms: number; p99_ms: number };

async function run(bench: Bench): Promise<Report> {
  const database = await bench.place.makeDatabase();
  try {
    const { sql } = database;
    const events = await growWebhooks(bench, sql, 'events');
    const fanOut = await growFanOut(bench, sql);
    await sql`delete from tocsin_data.webhooks`;
    await sql`vacuum analyze tocsin_data.webhooks, tocsin_data.webhook_routes, tocsin_data.webhook_lanes`;
    const filters = await growWebhooks(bench, sql, 'filters');
    await sql`truncate tocsin_data.alert_delivery_queue`;
    const lists = await measureLists(bench, sql, bench.pick([100_000, 1_000_000, 5_000_000], [100_000], [2000]));
    return reportOf(events, filters, fanOut, lists);
  } finally {
    await database.drop();
  }
}

/**
 * Ten match, however many there are. `events`: the others want other events, every second one with a filter too. `filters`: all
 * want the same event, and only their filters tell them apart.
 */
async function growWebhooks(bench: Bench, sql: Sql, by: 'events' | 'filters'): Promise<Point[]> {
  const { alerts } = makeApi(sql);
  const points: Point[] = [];
  let made = 0;
  for (const count of bench.pick([10, 100, 1000, 10_000, 100_000], [10, 1000, 10_000], [10, 100])) {
    await makeMore(sql, made, count, by);
    made = count;
    await sql`analyze tocsin_data.webhooks, tocsin_data.webhook_routes, tocsin_data.webhook_lanes`;
    const p_alert_type = by === 'events' ? 'scale.e0' : 'scale.same';
    const repeats = by === 'filters' && count > 10_000 ? 10 : bench.pick(200, 50, 5);
    const raise = (i: number) =>
      alerts.raise_alert({ p_alert_type, p_message: 'An order was paid.', p_context: { customer: 0, n: i } });
    points.push({ x: count, ...(await timeEach(repeats, raise)) });
    bench.say(`  ${count} webhooks by ${by}: ${figure(points.at(-1)?.ms ?? Number.NaN)} ms`);
  }
  return points;
}

/** Webhook n belongs to customer n / 10, and so does its event or its filter. */
async function makeMore(sql: Sql, from: number, to: number, by: 'events' | 'filters'): Promise<void> {
  await sql`
    insert into tocsin_data.webhooks (tenant_id, name, url, max_in_flight, events, filter)
      select 1, 'scale ' || n, 'http://127.0.0.1:9/' || n, 10,
             array[case when ${by}::text = 'events' then 'scale.e' || n / 10 else 'scale.same' end],
             case when ${by}::text = 'filters' or n % 2 = 1 then jsonb_build_object('context.customer', n / 10) end
        from generate_series(${from}::integer, ${to - 1}::integer) as n`;
}

async function growFanOut(bench: Bench, sql: Sql): Promise<Point[]> {
  const { alerts } = makeApi(sql);
  const points: Point[] = [];
  for (const count of bench.pick([1, 10, 100, 1000, 10_000], [1, 100, 10_000], [1, 20])) {
    await sql`
      insert into tocsin_data.webhooks (tenant_id, name, url, events)
        select 1, 'fan ' || n, 'http://127.0.0.1:9/' || n, array['fan.x' || ${count}::text]
          from generate_series(1, ${count}::integer) as n`;
    const repeats = count > 1000 ? 10 : bench.pick(100, 30, 3);
    const raise = () => alerts.raise_alert({ p_alert_type: `fan.x${count}`, p_message: 'An order was paid.' });
    points.push({ x: count, ...(await timeEach(repeats, raise)) });
    bench.say(`  fan-out ${count}: ${figure(points.at(-1)?.ms ?? Number.NaN)} ms`);
  }
  return points;
}

async function timeEach(
  repeats: number,
  run: (i: number) => Promise<unknown>,
): Promise<{ ms: number; p99_ms: number }> {
  // The first ones plan, and fill caches.
  for (let i = 0; i < Math.min(10, repeats); i++) await run(i);
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const startedAt = performance.now();
    await run(i);
    times.push(performance.now() - startedAt);
  }
  return { ms: median(times), p99_ms: percentile(times, 0.99) };
}

const pointsOf = (points: Point[]): [number, number][] => points.map(({ x, ms }) => [x, ms]);

function reportOf(
  events: Point[],
  filters: Point[],
  fanOut: Point[],
  lists: { tables: Table[]; plots: Plot[]; figures: Record<string, number>; notes: string[] },
): Report {
  const growth = (points: Point[]) => (points.at(-1)?.ms ?? Number.NaN) / (points[0]?.ms ?? Number.NaN);
  const last = fanOut.at(-1);
  return {
    tables: [
      {
        title: 'One alert that ten webhooks get, milliseconds',
        head: ['webhooks', 'other events: p50', 'p99', 'same event, told apart by filters: p50', 'p99'],
        rows: events.map(({ x, ms, p99_ms }, i) => [
          x.toLocaleString('en'),
          ...[ms, p99_ms, filters[i]?.ms ?? Number.NaN, filters[i]?.p99_ms ?? Number.NaN].map(figure),
        ]),
      },
      {
        title: 'One alert to many webhooks',
        head: ['webhooks', 'p50 ms', 'p99 ms', 'µs per delivery'],
        rows: fanOut.map(({ x, ms, p99_ms }) => [x.toLocaleString('en'), ...[ms, p99_ms, (ms / x) * 1000].map(figure)]),
      },
      ...lists.tables,
    ],
    plots: [
      {
        name: 'scale_raise',
        title: 'Raising one alert',
        xLabel: 'webhooks in all, or webhooks that get it',
        yLabel: 'ms',
        lines: [
          { name: 'ten get it, others want other events', points: pointsOf(events) },
          { name: 'ten get it, filters tell them apart', points: pointsOf(filters) },
          { name: 'all get it', points: pointsOf(fanOut) },
        ],
      },
      ...lists.plots,
    ],
    figures: {
      raise_growth_by_events: growth(events),
      raise_growth_by_filters: growth(filters),
      fan_out_us: ((last?.ms ?? Number.NaN) / (last?.x ?? Number.NaN)) * 1000,
      ...lists.figures,
    },
    notes: [
      'Raised one by one over one connection, fsync on. With the same event for all, every filter is looked at: that grows with ' +
        'their number, as it must. Fan-out: one transaction writes the alert and all its deliveries.',
      ...lists.notes,
    ],
  };
}
