// kill -9 of the worker in mid-flight: the next one delivers the rest, and only what was in flight comes twice.
import { afterAll, expect, test } from 'bun:test';
import { sessionsGone, startRig } from '../support/fault_rig.ts';
import { testDatabase } from '../support/postgres.ts';

const rig = await startRig(await testDatabase(), { webhooks: 50, ordered: 1 });
afterAll(() => rig.stop());

test('killed three times with 5,000 deliveries queued, nothing is lost and only what was in flight comes twice', async () => {
  await rig.raise(100);
  let struck = 0;
  for (const progress of [500, 1500, 3000]) {
    const worker = await rig.startWorker();
    await rig.progress(progress);
    await worker.stop('SIGKILL');
    await sessionsGone(rig.sql);
    struck += await rig.excuse([worker.workerId]);
    await rig.bury(worker.workerId);
  }
  const last = await rig.startWorker();
  const report = await rig.settle();
  expect(report).toMatchObject({ alerts: 100, deliveries: 5000 });
  // It was in mid-flight, or the test would prove nothing.
  expect(struck).toBeGreaterThan(0);
  expect(report.duplicates).toBeLessThanOrEqual(struck);
  expect(await last.stop()).toBe(0);
});
