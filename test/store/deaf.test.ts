// A session that listens may end, go silent or be replaced at any moment: what was missed is made up for, and it hears again.
import { afterAll, expect, test } from 'bun:test';
import { openAlarm } from '../../src/store/alarm.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { startInvalidation } from '../../src/store/invalidate.ts';
import { openListener } from '../../src/store/listener.ts';
import { openSql, openSqlLike } from '../../src/store/sql.ts';
import { startBrokenLine } from '../support/broken_line.ts';
import { makeWebhook } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

// Before the database is dropped: who tries again and again to get in holds that up.
afterAll(async () => {
  await invalidation.stop();
  await Promise.all([listener, admin].map((each) => each.end({ timeout: 1 })));
  line.stop();
});
const { sql, url, name: database } = await testDatabase({ max: 1 });
const address = new URL(url);
const line = await startBrokenLine(Number(address.port));
address.port = String(line.port);
/** In another database: from within one, nobody can close its door. */
const admin = openSql(Object.assign(new URL(url), { pathname: '/postgres' }).href, { max: 1 });
const listener = openSql(address.href, { applicationName: 'deaf' });
const epochs = new Epochs();
const invalidation = await startInvalidation(listener, epochs, undefined, { checkMs: 30, answerMsMax: 200 });
await makeWebhook(sql);

const seen = () => epochs.sum(['1:webhooks']);
const seenAlerts = () => epochs.sum(['1:alerts']);
/** Counts only when everything is put out of date. */
const cleared = () => epochs.sum(['77:nothing']);
/** By psql where there is one, as an operator would. */
async function update(): Promise<void> {
  const statement = `update tocsin_data.webhooks set name = name || '.'`;
  const psql = Bun.which('psql');
  if (!psql) return void (await sql.unsafe(statement));
  const { exitCode, stderr } = Bun.spawnSync([psql, '-qX', '-v', 'ON_ERROR_STOP=1', '-c', statement, url]);
  if (exitCode !== 0) throw new Error(stderr.toString());
}
const cut = (applicationName: string) => sql`select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = ${applicationName}`;

/** Resolves when an update is heard by itself, and not made up for by clearing everything. */
async function hearsAgain(): Promise<void> {
  await until(async () => {
    const before = { seen: seen(), alerts: seenAlerts(), cleared: cleared() };
    await sql`update tocsin_data.webhooks set name = name || '.'`;
    await sql`select pg_notify('tocsin_alerts_updated', '1:7')`;
    await until(() => seen() > before.seen && seenAlerts() > before.alerts, { what: 'the update' });
    return cleared() === before.cleared;
  });
}

/** Ends the session with this name, and so many of its successors just as they are told to listen. */
async function endAsItListens(applicationName: string, words: string, times: number): Promise<void> {
  let held = line.holdBack(words);
  await cut(applicationName);
  for (let i = 1; i <= times; i++) {
    const port = await held;
    if (i < times) held = line.holdBack(words);
    // The end of this session becomes the answer to the statement, which the server never saw.
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where client_port = ${port}`;
  }
}

test('a session that ends just as it is told to listen is replaced by one that does, however often that happens', async () => {
  for (const times of [1, 2]) {
    const before = seen();
    await endAsItListens('deaf', 'listen "tocsin_alerts', times);
    await update();
    await until(() => seen() > before);
    await hearsAgain();
  }
});

test('the bell of a worker rings again after the same, and is not armed before', async () => {
  let rings = 0;
  const alarm = await openAlarm(address.href, () => void rings++, { checkMs: 30, answerMsMax: 200 });
  const rung = async () => {
    const before = rings;
    await sql`select pg_notify('tocsin_ready', '')`;
    await until(() => rings > before, { what: 'the bell' });
  };
  expect(await alarm.arm()).toBeTrue();
  await rung();
  await endAsItListens('tocsin alarm', 'listen "tocsin_ready', 1);
  await until(() => alarm.arm());
  await rung();
  line.vanish();
  // What is gone without a word holds the lock on until the server notices: then every raise rings.
  await until(() => !alarm.isArmed());
  await rung();
  await alarm.stop();
  await hearsAgain();
});

test('a session whose other end is gone without a word is noticed, and everything is out of date', async () => {
  const before = cleared();
  line.vanish();
  await update();
  await until(() => cleared() > before);
  await hearsAgain();
});

test('while the server is there and lets nobody listen, copies are put out of date again and again', async () => {
  const before = cleared();
  await admin.unsafe(`alter database ${database} with allow_connections false`);
  await cut('deaf');
  await until(() => cleared() >= before + 3);
  await admin.unsafe(`alter database ${database} with allow_connections true`);
  await hearsAgain();
});

test('a session that answers but no longer listens is not believed', async () => {
  const counts = { opened: 0, lost: 0, doubts: 0, heard: 0 };
  const deaf = await openListener({
    checkMs: 30,
    open: (options) => openSqlLike(sql, options),
    channels: { deaf_test: () => void counts.heard++ },
    onOpen: () => void counts.opened++,
    onLoss: () => void counts.lost++,
    onDoubt: () => void counts.doubts++,
  });
  await deaf.ask((session) => session`unlisten *`);
  await until(() => counts.opened === 2);
  await sql`select pg_notify('deaf_test', '')`;
  await until(() => counts.heard > 0);
  expect(counts).toEqual({ opened: 2, lost: 1, doubts: 1, heard: 1 });
  await deaf.stop();
});
