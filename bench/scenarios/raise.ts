// Measures raising: one alert a transaction against two bare inserts, batches, and the cost of many webhooks.
import { makeWebhooks, settle } from '../fixtures.ts';
import { type Contender, compare, figure, type Medians, ratio } from '../measure.ts';
import { installBareInserts, makeRaisers, type Raiser } from '../rivals/raising.ts';
import type { BenchDatabase } from '../place.ts';
import type { Bench, Report, Scenario, Table } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'raise',
  title: 'Alerts raised per second: alone, in batches, and among many webhooks.',
  run,
};

const fanOuts = [1, 10, 100];

async function run(bench: Bench): Promise<Report> {
  const database = await bench.place.makeDatabase();
  try {
    await installBareInserts(database.sql);
    for (const fanOut of fanOuts)
      await makeWebhooks(database.sql, { count: fanOut, fanOut, event: `bench.to_${fanOut}_` });
    const single = await singles(bench, database);
    const batch = await batches(bench, database);
    const many = await manyWebhooks(bench, database);
    return {
      tables: [single.table, batch.table, many.table],
      figures: { ...single.figures, ...batch.figures, ...many.figures },
      notes: [
        'Alerts of about 500 bytes. “By client”: Bun with postgres.js, one transaction an alert. “In the server”: ' +
          'a procedure that calls and commits in a loop, so that nothing but SQL is measured.',
        'Two bare inserts: a row with the same text and a job row that names it, each table with its primary key ' +
          'and nothing else, in one transaction; no check, no match, no time-ordered id.',
        'Many webhooks: each row is one alert that one webhook gets. “Others”: the rest take other events. ' +
          '“Filters”: 1 % of all take this event, each with a filter of its own.',
      ],
    };
  } finally {
    await database.drop();
  }
}

type Part = { table: Table; figures: Record<string, number> };

async function singles(bench: Bench, database: BenchDatabase): Promise<Part> {
  const sessions = bench.pick([1, 4], [1, 4], [2]);
  const alerts = bench.pick(4000, 1500, 50);
  const raisers = makeRaisers(database, fanOuts);
  const columns = sessions.flatMap((count) => [`by client, ${count}`, `in the server, ${count}`]);
  const speeds = new Map<string, Medians>();
  for (const [i, column] of columns.entries()) {
    bench.say(`one alert a transaction, ${column}`);
    const count = sessions[i >> 1] as number;
    const contenders = raisers.map((raiser) => contenderOf(database, raiser, i % 2 === 0, count, alerts));
    speeds.set(column, await compare(bench, contenders));
  }
  const speedOf = (name: string, column: string) => speeds.get(column)?.get(name)?.per_second ?? Number.NaN;
  const [bare = '', one = ''] = raisers.map(({ name }) => name);
  const rows = raisers.map(({ name }) => [name, ...columns.map((column) => figure(speedOf(name, column)))]);
  rows.push(['to 1 ÷ bare', ...columns.map((column) => ratio(speedOf(one, column), speedOf(bare, column)))]);
  const figures = Object.fromEntries(
    columns.map((column) => [
      `ratio_to_bare_${column.replace(/\W+/g, '_')}`,
      speedOf(one, column) / speedOf(bare, column),
    ]),
  );
  return { table: { title: 'Alerts per second, one a transaction', head: ['', ...columns], rows }, figures };
}

function contenderOf(
  { sql }: BenchDatabase,
  raiser: Raiser,
  byClient: boolean,
  sessions: number,
  alerts: number,
): Contender {
  const each = Math.ceil(alerts / sessions);
  return {
    name: raiser.name,
    prepare: async () => {
      await sql`truncate tocsin_data.alert_delivery_queue`;
      await settle(sql, ['tocsin_data.alert_delivery_queue']);
    },
    run: async () => {
      const startedAt = performance.now();
      const work = byClient ? raiser.byClient : raiser.inServer;
      await Promise.all(Array.from({ length: sessions }, () => work(each)));
      return { per_second: (each * sessions * 1000) / (performance.now() - startedAt) };
    },
  };
}

async function batches(bench: Bench, { sql }: BenchDatabase): Promise<Part> {
  const calls = bench.pick(20, 8, 2);
  const size = bench.pick(1000, 1000, 50);
  const contenders: Contender[] = [];
  for (const fanOut of [1, 10])
    for (const sessions of [1, 4])
      contenders.push({
        name: `to ${fanOut}, ${sessions} session${sessions === 1 ? '' : 's'}`,
        prepare: async () => void (await sql`truncate tocsin_data.alert_delivery_queue`),
        run: async () => {
          const alerts = Array.from({ length: size }, (_, n) => ({
            message: 'An order was paid.',
            alert_type: `bench.to_${fanOut}_0`,
            context: { order: n, pad: 'x'.repeat(300) },
          }));
          const startedAt = performance.now();
          const session = async () => {
            for (let i = 0; i < calls / sessions; i++)
              await sql`select count(*) from tocsin.raise_alerts(${sql.json(alerts)})`;
          };
          await Promise.all(Array.from({ length: sessions }, session));
          return { per_second: (size * calls * 1000) / (performance.now() - startedAt) };
        },
      });
  bench.say(`batches of ${size}`);
  const medians = await compare(bench, contenders);
  const speedOf = (name: string) => medians.get(name)?.per_second ?? Number.NaN;
  const rows = contenders.map(({ name }) => [name, figure(speedOf(name))]);
  const figures = { batch_per_second: speedOf('to 1, 1 session') };
  return {
    table: { title: `Alerts per second by raise_alerts, ${size} a call`, head: ['', 'per second'], rows },
    figures,
  };
}

async function manyWebhooks(bench: Bench, { sql }: BenchDatabase): Promise<Part> {
  const rows: string[][] = [];
  const figures: Record<string, number> = {};
  let made = 0;
  await makeWebhooks(sql, { count: 1, fanOut: 1, event: 'bench.one_' });
  for (const count of bench.pick([10, 100, 1000, 10_000, 100_000], [100, 10_000], [10, 100])) {
    bench.say(`${count} webhooks`);
    // Every hundredth takes the one event, with a filter that only the first of them lets our alert through.
    await sql`
      insert into tocsin_data.webhooks (tenant_id, name, url, events, filter)
        select 1, 'many ' || n, 'http://127.0.0.1:9/many', array[case when n % 100 = 0 then 'bench.many' else 'bench.other' || n end],
               jsonb_build_object('context.customer', n)
          from generate_series(${made}::integer, ${count - 1}::integer) as n`;
    await sql`analyze tocsin_data.webhooks, tocsin_data.webhook_routes, tocsin_data.webhook_lanes`;
    made = count;
    const times: Record<string, number> = {};
    for (const [name, type] of [
      ['others', 'bench.one_0'],
      ['filters', 'bench.many'],
    ] as const) {
      const alerts = bench.pick(300, 100, 5);
      const rounds: number[] = [];
      for (let round = 0; round < bench.rounds; round++) {
        const startedAt = performance.now();
        await sql`call bench_raise.raise_many(${alerts}, ${type})`;
        rounds.push((performance.now() - startedAt) / alerts);
      }
      times[name] = rounds.sort((a, b) => a - b)[rounds.length >> 1] as number;
      figures[`${name}_ms_${count}`] = times[name];
    }
    rows.push([count.toLocaleString('en'), figure(times.others ?? Number.NaN), figure(times.filters ?? Number.NaN)]);
  }
  const head = ['webhooks', 'others, ms', 'filters, ms'];
  return { table: { title: 'One alert, matching one of so many webhooks', head, rows }, figures };
}
