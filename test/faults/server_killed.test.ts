// kill -9 of the whole server in mid-flight, first alone and then with its embedded PostgreSQL: the next one finishes the work.
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../src/store/embedded.ts';
import { openSql } from '../../src/store/sql.ts';
import { startCli } from '../support/children.ts';
import { isRunning, sessionsGone, startRig } from '../support/fault_rig.ts';
import { ENCRYPTION_KEY } from '../support/flow.ts';
import { until } from '../support/wait.ts';

const CONCURRENCY = 64;
const home = mkdtempSync(join(tmpdir(), 'tocsin-serve-'));
let apiUrl = '';

async function serve() {
  const server = await startCli(['serve'], {
    ready: /"serving"[^\n]*"url":"([^"]+)"/,
    cwd: home,
    env: { API_PORT: '0', ENCRYPTION_KEY, WORKER_CONCURRENCY: String(CONCURRENCY) },
  });
  apiUrl = server.ready[1] ?? '';
  const workerId = Number(server.output().match(/"worker started"[^\n]*"worker_id":(\d+)/)?.[1]);
  return { ...server, workerId };
}

async function raiseByRest(alerts: unknown[]): Promise<number[]> {
  const answer = await fetch(`${apiUrl}/api/v1/alerts/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  if (answer.status !== 201) throw new Error(`POST /alerts/batch answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { alert_ids: number[] }).alert_ids;
}

let server = await serve();
const embedded = await startEmbedded({ directory: join(home, '.tocsin/postgres') });
const sql = openSql(embedded.url, { max: 4, applicationName: 'test' });
const rig = await startRig({ url: embedded.url, sql }, { webhooks: 50, ordered: 1, raiseBatch: raiseByRest });
afterAll(async () => {
  await server.stop('SIGKILL');
  await rig.stop();
  await sql.end({ timeout: 1 });
  await embedded.stop();
  rmSync(home, { recursive: true });
});

test('killed alone and killed with PostgreSQL, it keeps what it acknowledged by REST and delivers it', async () => {
  await rig.raise(70);
  await rig.progress(600);
  await server.stop('SIGKILL');
  await sessionsGone(sql);
  const struck = await rig.excuse();
  expect(struck).toBeGreaterThan(0);
  await rig.bury(server.workerId);
  server = await serve();

  await rig.progress(1800);
  // In the middle of raising, too: what is not acknowledged may be kept or not.
  let refused = 0;
  const raising = rig.raise(100, 1).catch(() => refused++);
  process.kill(server.pid, 'SIGKILL');
  process.kill(embedded.pid, 'SIGKILL');
  await server.stop('SIGKILL');
  await until(() => !isRunning(embedded.pid));
  await raising;
  expect(refused).toBe(1);
  const { workerId } = server;
  server = await serve();
  await until(() => sql`select 1`);
  await rig.excuse([workerId]);
  await rig.bury(workerId);
  await rig.raise(30);

  const report = await rig.settle({ duplicatesMax: CONCURRENCY });
  expect(report.alerts).toBeGreaterThanOrEqual(100);
  expect(report.deliveries).toBe(report.alerts * 50);
  expect(await server.stop()).toBe(0);
});
