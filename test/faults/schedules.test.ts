// Random schedules of every fault there is, under a stream of alerts. FAULT_SEED repeats one; FAULT_SCHEDULES makes it the long form.
import { afterAll, expect, test } from 'bun:test';
import { mend, runSchedule, withLastWords } from '../support/fault_schedule.ts';
import { startWorld } from '../support/fault_world.ts';

const isLong = process.env.FAULT_SCHEDULES !== undefined;
const schedules = Number(process.env.FAULT_SCHEDULES ?? 1);
/** The suite judges every change by the same schedule, one that freezes two workers in a row; the long form looks for new ones. */
const seed = Number(process.env.FAULT_SEED ?? (isLong ? Math.floor(Math.random() * 1e9) : 457_778_679));
const world = await startWorld({ webhooks: 12, ordered: 4 });
afterAll(() => world.stop());
let duplicatesMax = 0;

for (let i = 0; i < schedules; i++) {
  test(`FAULT_SEED=${seed}, schedule ${i + 1} of ${schedules}: nothing is lost, invented or out of order`, async () => {
    const say = (line: string) => isLong && console.log(line);
    const run = async () => {
      const ran = await runSchedule(world, { seed: seed + i, faults: isLong ? 8 : 4, isLong, say });
      await mend(world);
      return ran;
    };
    const ran = await run().catch((error: unknown) => Promise.reject(withLastWords(error, world)));
    duplicatesMax += ran.duplicatesMax;
    const report = await world.rig.settle({ duplicatesMax });
    say(`  ${JSON.stringify({ ...ran, faults: ran.faults.length, ...report })}`);
    expect(ran.acknowledged).toBeGreaterThan(0);
    expect(report.alerts).toBeGreaterThanOrEqual(ran.acknowledged);
  });
}
