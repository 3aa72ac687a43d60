// PostgreSQL is shut down at once (SIGQUIT, as a crash) in mid-flight and comes back: what was committed is delivered.
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openSql } from '../../src/store/sql.ts';
import { isRunning, startRig } from '../support/fault_rig.ts';
import { until } from '../support/wait.ts';

const CONCURRENCY = 64;
const home = mkdtempSync(join(tmpdir(), 'tocsin-restart-'));
// With fsync, unlike the server of the other tests: what it acknowledged must survive it.
const start = () => startEmbedded({ directory: join(home, 'postgres'), settings: { shared_buffers: '64MB' } });
const servers: EmbeddedPostgres[] = [await start()];
const [{ url }] = servers as [EmbeddedPostgres];
const sql = openSql(url, { max: 4, applicationName: 'test' });
await migrate(sql);
const rig = await startRig({ url, sql }, { webhooks: 50, ordered: 1, concurrency: CONCURRENCY });
afterAll(async () => {
  await rig.stop();
  await sql.end({ timeout: 1 });
  for (const server of servers) await server.stop();
  rmSync(home, { recursive: true });
});

test('crashed three times in mid-flight while alerts are raised, it loses none that it had acknowledged', async () => {
  await rig.raise(40);
  const worker = await rig.startWorker();
  let acknowledged = 0;
  let refused = 0;
  const raiseSingly = async (count: number) => {
    while (acknowledged < count) {
      await rig.raise(1).then(
        () => acknowledged++,
        () => refused++,
      );
    }
  };
  for (const progress of [400, 1500, 2800]) {
    await rig.progress(progress);
    const raising = raiseSingly(acknowledged + 20);
    await until(() => acknowledged % 20 >= 3);
    const { pid } = servers.at(-1) as EmbeddedPostgres;
    process.kill(pid, 'SIGQUIT');
    await until(() => !isRunning(pid));
    servers.push(await start());
    await raising;
  }
  // A claim commits without waiting for the disk: a crash may take back the last one, and what it sent is sent again.
  const report = await rig.settle({ duplicatesMax: 3 * CONCURRENCY });
  expect(refused).toBeGreaterThan(0);
  // A raise whose answer the crash swallowed may be kept as well.
  expect(report.alerts).toBeGreaterThanOrEqual(100);
  expect(report.alerts).toBeLessThanOrEqual(100 + refused);
  expect(report.deliveries).toBe(report.alerts * 50);
  expect(await worker.stop()).toBe(0);
});
