// A worker that is frozen past its lease and thawed: another has taken over, and what it still believes to hold changes nothing.
import { afterAll, expect, test } from 'bun:test';
import { drained, sessionsIdle, startRig } from '../support/fault_rig.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const rig = await startRig(await testDatabase(), { webhooks: 40, ordered: 1 });
afterAll(() => rig.stop());

test('frozen in mid-flight and thawed when all is done, it adds only what was in flight, and its results count as late', async () => {
  await rig.raise(75);
  const frozen = await rig.startWorker();
  await rig.progress(600);
  process.kill(frozen.pid, 'SIGSTOP');
  await sessionsIdle(rig.sql);
  const struck = await rig.excuse([frozen.workerId]);
  expect(struck).toBeGreaterThan(0);
  await rig.bury(frozen.workerId);
  const heir = await rig.startWorker();
  await drained(rig.sql);

  process.kill(frozen.pid, 'SIGCONT');
  const lateResults = await until(async () => {
    const [row] = await rig.sql`select late_results from tocsin_data.workers where worker_id = ${frozen.workerId}`;
    return row?.late_results;
  });
  expect(lateResults).toBeLessThanOrEqual(struck);
  // Both are in their right minds: what comes now comes once.
  await rig.raise(25);
  const report = await rig.settle();
  expect(report).toMatchObject({ alerts: 100, deliveries: 4000 });
  expect(report.duplicates).toBeLessThanOrEqual(struck);
  expect(await Promise.all([frozen.stop(), heir.stop()])).toEqual([0, 0]);
});
