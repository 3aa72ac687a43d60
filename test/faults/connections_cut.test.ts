// Every database session is cut, again and again: the worker reconnects, and what it was doing is neither lost nor done twice for long.
import { afterAll, expect, test } from 'bun:test';
import { sessionsGone, startRig } from '../support/fault_rig.ts';
import { testDatabase } from '../support/postgres.ts';

const CONCURRENCY = 64;
const rig = await startRig(await testDatabase(), { webhooks: 40, ordered: 1, concurrency: CONCURRENCY });
afterAll(() => rig.stop());

test('with every session cut ten times in mid-flight, alerts raised meanwhile all arrive, and nothing arrives twice', async () => {
  await rig.raise(30);
  const worker = await rig.startWorker();
  let cut = 0;
  for (let i = 1; i <= 10; i++) {
    await rig.progress(i * 250);
    const found = await rig.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'tocsin%'`;
    cut += found.count;
    await rig.raise(7, 2);
  }
  expect(cut).toBeGreaterThanOrEqual(10);
  const report = await rig.settle({ duplicatesMax: 0 });
  expect(report).toMatchObject({ alerts: 100, deliveries: 4000 });
  expect(await worker.stop()).toBe(0);
  await sessionsGone(rig.sql);
});
