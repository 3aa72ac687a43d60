// Fits the weights of get_failure_risk on simulated histories and judges them on others: `bun bench/failure_risk.ts [--seed N] [--write]`.
import { parseArgs } from 'node:util';
import type { Sql } from '../src/store/sql.ts';
import { type FailureExample, simulateFailures, storeFailures } from '../test/support/failure_simulation.ts';
import { fitLogistic, type Judgement, judge, predict } from './logistic.ts';
import { openPlace } from './place.ts';
import { textTable } from './table.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '6000' },
    /** Writes the weights into sql/internal/failure_weights.sql. */
    write: { type: 'boolean', default: false },
  },
});
/** A Sunday, at 35 past, so that the hours of the past are whole and the last one is not. */
const NOW = Date.parse('2026-11-22T12:35:00Z');
const weightsFile = new URL('../sql/internal/failure_weights.sql', import.meta.url).pathname;

const place = await openPlace();
try {
  const { sql, drop } = await place.makeDatabase();
  await run(sql).finally(drop);
} finally {
  await place.leave();
}

async function run(sql: Sql): Promise<void> {
  const [seed, count] = [Number(values.seed), Number(values.count)];
  const known = simulateFailures({ count, firstId: 1, now: NOW, seed });
  const held = simulateFailures({ count, firstId: count + 1, now: NOW, seed: seed + 1000 });
  await storeFailures(sql, [...known, ...held]);
  const features = await featuresOf(sql);
  const rowsOf = (examples: FailureExample[]) => examples.map(({ webhook }) => features.get(webhook) as number[]);
  const endsOf = (examples: FailureExample[]) => examples.map(({ fails }) => (fails ? 1 : 0));
  const weights = fitLogistic(rowsOf(known), endsOf(known)).map((weight) => Math.round(weight * 1e4) / 1e4);
  const [names] = await sql<{ names: string[] }[]>`select tocsin_internal.failure_feature_names() as names`;
  console.log(`seed ${seed}, ${count} histories to fit and ${count} to judge`);
  console.log(
    textTable({
      title: 'Weights',
      head: ['feature', 'weight'],
      rows: weights.map((weight, n) => [n === 0 ? 'constant' : (names?.names[n - 1] ?? ''), weight.toFixed(4)]),
    }),
  );
  const found = judge(
    rowsOf(held).map((row) => predict(weights, row)),
    endsOf(held),
  );
  show('Held-out histories, all', found);
  for (const regime of new Set(held.map((example) => example.regime))) {
    const some = held.filter((example) => example.regime === regime);
    const { brier, baseBrier, baseRate } = judge(
      rowsOf(some).map((row) => predict(weights, row)),
      endsOf(some),
    );
    console.log(
      `${regime}: ${some.length}, ${percent(baseRate)} fail; Brier score ${brier.toFixed(4)}, base rate ${baseBrier.toFixed(4)}`,
    );
  }
  const quiet = held.filter(({ webhook }) => ((features.get(webhook) as number[])[3] ?? 0) === 0);
  show(
    'Held-out histories whose breaker was not open in the last quarter of an hour',
    judge(
      rowsOf(quiet).map((row) => predict(weights, row)),
      endsOf(quiet),
    ),
  );
  if (values.write) await writeWeights(weights);
}

async function featuresOf(sql: Sql): Promise<Map<number, number[]>> {
  const rows = await sql<{ webhook_id: number; features: number[] }[]>`
    select f.webhook_id, f.features from tocsin_internal.failure_features(1,
      array(select w.webhook_id from tocsin_data.webhooks w order by 1), ${new Date(NOW)}) f`;
  return new Map(rows.map(({ webhook_id, features }) => [webhook_id, features]));
}

function show(title: string, { brier, baseBrier, baseRate, logLoss, table }: Judgement): void {
  console.log(
    `\n${title}: ${percent(baseRate)} fail. Brier score ${brier.toFixed(4)}, of the base rate ${baseBrier.toFixed(4)}: ` +
      `skill ${percent(1 - brier / baseBrier)}. Log loss ${logLoss.toFixed(4)}.`,
  );
  const head = ['said', 'histories', 'said on average', 'failed'];
  const rows = table.map(({ from, to, n, said, failed }) => [
    `${percent(from)} to ${percent(to)}`,
    String(n),
    percent(said),
    percent(failed),
  ]);
  console.log(textTable({ title: 'Reliability', head, rows }));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

async function writeWeights(weights: number[]): Promise<void> {
  const text = await Bun.file(weightsFile).text();
  await Bun.write(weightsFile, text.replace(/select '\{.*\}'::/, `select '{${weights.join(',')}}'::`));
}
