// The long runs: `bun bench/soak.ts --minutes 30 --load 0.7` for what creeps up, `--schedules 20 [--seed N]` for random faults.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './measure.ts';
import { openPlace } from './place.ts';
import { writeResults } from './results.ts';
import { makeBench } from './scenario.ts';
import { makeSoak } from './soak_run.ts';
import { textTable } from './table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    /** Of the fastest that this machine delivers, measured first. */
    load: { type: 'string', default: '0.7' },
    schedules: { type: 'string' },
    seed: { type: 'string' },
    /** Leaves RESULTS.md as it is. */
    dry: { type: 'boolean', default: false },
  },
});

process.exit(values.schedules === undefined ? await runSoak() : await runSchedules(values.schedules));

async function runSoak(): Promise<number> {
  const place = await openPlace();
  try {
    const scenario = makeSoak({ minutes: Number(values.minutes), load: Number(values.load) });
    const startedAt = performance.now();
    const loadBefore = load();
    const report = await scenario.run(makeBench('full', place));
    const occasion = { place, loadBefore, loadAfter: load(), seconds: (performance.now() - startedAt) / 1000 };
    for (const table of report.tables) console.log(`\n${textTable(table)}`);
    for (const note of report.notes) console.log(`· ${note}`);
    if (!values.dry) writeResults(scenario, report, occasion);
    return report.figures.worst_growth !== undefined && report.figures.worst_growth <= 1.25 ? 0 : 1;
  } finally {
    await place.leave();
  }
}

/** The fault suite's own test, in its long form: it has the receiver, the invariants and the faults. */
async function runSchedules(count: string): Promise<number> {
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
  console.log(
    `FAULT_SEED=${seed}, ${count} schedules; the same again: bun bench/soak.ts --schedules ${count} --seed ${seed}`,
  );
  const child = Bun.spawn([process.execPath, 'test', '--timeout', '600000', 'test/faults/schedules.test.ts'], {
    cwd: join(import.meta.dir, '..'),
    env: { ...Bun.env, FAULT_SCHEDULES: count, FAULT_SEED: seed },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await child.exited;
}
