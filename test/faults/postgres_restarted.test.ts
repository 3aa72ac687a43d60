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
// With fsync, unlike the server of the other tests: what it acknowledged must survive it. And with a log writer that sleeps, so
// that what was committed asynchronously does not.
const settings = { shared_buffers: '64MB', wal_writer_delay: '10s' };
const start = () => startEmbedded({ directory: join(home, 'postgres'), settings });
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
    await crash();
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

test('a lease has a number that none had before, even if the crash took that one back', async () => {
  await rig.raise(10);
  const { worker_id } = await rig.api.workers.beat_worker({ p_worker_id: null, p_host: 'here', p_pid: 1 });
  const claim = {
    p_worker_id: worker_id,
    p_limit: 1,
    p_lease_ms: 60_000,
    p_after_webhook_id: 0,
    p_buckets: null,
    p_overdue_ms: 0,
  };
  const claimSome = async () => {
    const ids: (number | null)[] = [];
    for (let i = 0; i < 60; i++) {
      ids.push(
        (await rig.api.workers.claim_deliveries({ ...claim, p_busy_webhook_ids: [], p_busy_counts: [] })).lease_id,
      );
    }
    return ids;
  };
  const before = await claimSome();
  await crash();
  await until(() => sql`select 1`);
  const kept = await sql`select from tocsin_data.alert_delivery_leases`;
  // The last claims had not reached the disk, or the test would prove nothing.
  expect(kept.count).toBeLessThan(60);
  expect(new Set([...before, ...(await claimSome())]).size).toBe(120);
});

/** As a crash: no session is asked to finish, nothing is flushed. Resolves when the server is back on the same port. */
async function crash(): Promise<void> {
  const { pid } = servers.at(-1) as EmbeddedPostgres;
  process.kill(pid, 'SIGQUIT');
  await until(() => !isRunning(pid));
  servers.push(await start());
}
