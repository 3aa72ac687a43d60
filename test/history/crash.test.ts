// PostgreSQL is killed between recording, folding and adding up: what the history says afterwards is still what the log says.
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openSql, type Queryable, type Sql } from '../../src/store/sql.ts';
import { historyErrors, hurry, send } from '../support/history.ts';
import { makeWebhook, raiseMany } from '../support/makers.ts';
import { until } from '../support/wait.ts';

const home = mkdtempSync(join(tmpdir(), 'tocsin-history-'));
const start = () =>
  startEmbedded({ directory: join(home, 'postgres'), settings: { fsync: 'off', shared_buffers: '32MB' } });
let server = await start();
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true });
});

/** Kills the server as it runs, what is committed being safe in its log, and starts it again. */
async function crash(): Promise<void> {
  const { pid } = server;
  process.kill(pid, 'SIGQUIT');
  await until(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
  await server.stop();
  server = await start();
}

async function work<T>(steps: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = openSql(server.url, { max: 4 });
  try {
    return await steps(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Goes so far in a transaction of its own and crashes before it commits. */
async function crashAfter(steps: (on: Queryable) => Promise<unknown>): Promise<void> {
  const sql = openSql(server.url, { max: 1 });
  const session = await sql.reserve();
  await session.unsafe('begin');
  await steps(session as unknown as Queryable);
  await crash();
  await sql.end({ timeout: 0 });
}

const ends = [
  { code: 200, ms: 12 },
  { code: 200, ms: 340 },
  { code: 500, ms: 90 },
];
const fold = (on: Queryable) => on`select tocsin_internal.fold_webhook_health()`;
const rollUp = (on: Queryable) => on`select tocsin_internal.roll_up_history(clock_timestamp() + interval '2 minutes')`;

test('a crash at any point loses and doubles nothing', async () => {
  await work(async (sql) => {
    await migrate(sql);
    await sql`select tocsin.maintain_partitions()`;
    for (let n = 0; n < 3; n++) await makeWebhook(sql, { events: ['test'], max_in_flight: 1000 });
    await raiseMany(sql, 60);
    await send(sql, ends, { limit: 90, minutesAgo: 3 });
  });
  // Recorded, not folded; the fold that was under way never happened.
  await crashAfter(fold);
  await work(async (sql) => {
    expect(await historyErrors(sql)).toEqual([]);
    await fold(sql);
    await hurry(sql);
    await send(sql, ends, { limit: 40 });
  });
  // Folded, not added up; some recorded only.
  await crashAfter(rollUp);
  await work(async (sql) => {
    expect(await historyErrors(sql)).toEqual([]);
    const [left] = await sql`select (select count(*) > 0 from tocsin_data.history_deltas) as deltas,
      (select count(*) from tocsin_data.history) as added`;
    expect(left).toEqual({ deltas: true, added: 0 });
    await rollUp(sql);
  });
  // Added up; the next round, of everything at once, was under way.
  await crashAfter(async (on) => {
    await fold(on);
    await rollUp(on);
  });
  await work(async (sql) => {
    expect(await historyErrors(sql)).toEqual([]);
    await fold(sql);
    await rollUp(sql);
    expect(await historyErrors(sql)).toEqual([]);
    const [sums] = await sql`select sum(attempts) filter (where step_seconds = 60) as minutes,
        sum(attempts) filter (where step_seconds = 3600) as hours, (select count(*) from tocsin_data.alert_delivery_log) as logged
      from tocsin_data.history where tenant_id = 1 and webhook_id = 0`;
    expect(sums).toEqual({ minutes: 130, hours: 130, logged: 130 });
  });
}, 120_000);
