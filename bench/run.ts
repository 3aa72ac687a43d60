// Runs benches, as `bun run bench [NAME …] [--only WORD] [--short] [--against COMMIT]`: prints their tables; a full run writes
// them into RESULTS.md. Without names, all but the long ones.
import { parseArgs } from 'node:util';
import { compareWith } from './against.ts';
import { brokenBudgets } from './budgets.ts';
import { load } from './measure.ts';
import { openPlace } from './place.ts';
import { writeResults } from './results.ts';
import { type Bench, makeBench, type Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { textTable } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Some seconds each, judged by budgets.json, for CI; RESULTS.md stays as it is. */
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** Those whose names begin so: `http`. */
    only: { type: 'string' },
    /** Nothing else: the hot read of this version and of where it branched off that commit. */
    against: { type: 'string' },
  },
});

const { only = '' } = values;
const chosen =
  positionals.length === 0
    ? scenarios.filter(({ name, isLong }) => name.startsWith(only) && !isLong)
    : positionals.map(byName);
const place = await openPlace();
const broken: string[] = [];
try {
  if (values.against !== undefined) await compareWith(makeOne(), values.against);
  else for (const scenario of chosen) broken.push(...(await runOne(scenario)));
} finally {
  await place.leave();
}
for (const words of broken) console.log(`over budget: ${words}`);
process.exit(values.short && broken.length > 0 ? 1 : 0);

async function runOne(scenario: Scenario): Promise<string[]> {
  const bench = makeOne();
  const startedAt = performance.now();
  const loadBefore = load();
  console.log(`\n== ${scenario.name}: ${scenario.title}`);
  const report = await scenario.run(bench);
  const occasion = { place, loadBefore, loadAfter: load(), seconds: (performance.now() - startedAt) / 1000 };
  for (const table of report.tables) console.log(`\n${textTable(table)}`);
  for (const note of report.notes) console.log(`· ${note}`);
  console.log(`· load ${loadBefore} before, ${occasion.loadAfter} after; ${Math.round(occasion.seconds)} s`);
  if (bench.size === 'full') writeResults(scenario, report, occasion);
  return brokenBudgets(scenario.name, report.figures);
}

function makeOne(): Bench {
  const bench = makeBench(values.short ? 'short' : 'full', place);
  if (values.rounds !== undefined) bench.rounds = Number(values.rounds);
  return bench;
}

function byName(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  console.error(`There is no bench ${name}. There are: ${scenarios.map((scenario) => scenario.name).join(', ')}.`);
  process.exit(2);
}
