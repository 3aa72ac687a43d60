// What `tocsin doctor` says of PostgreSQL itself: old transactions, clocks apart, partitions that run out, slots, connections, disk.
import { describe, expect, setSystemTime, test } from 'bun:test';
import { checkDatabaseDisk, judgeSpace } from '../src/cli/check_machine.ts';
import { checkServer, judgeServer } from '../src/cli/check_server.ts';
import { makeApi } from '../src/store/api.ts';
import { readServerFolder, readServerFacts, type ServerFacts } from '../src/store/server_facts.ts';
import { openSession, openTransaction } from './support/makers.ts';
import { testDatabase } from './support/postgres.ts';
import { until } from './support/wait.ts';

const { sql } = await testDatabase();
const { sql: elsewhere } = await testDatabase({ isEmpty: true });
const { workers } = makeApi(sql);
const config = { dbPoolMax: 10, apiWorkers: 1 };
const dayMs = 86_400_000;
const facts = await readServerFacts(sql);
const clock = { skewMs: 0, roundTripMs: 1 };

/** What is said of one thing, were this so. */
const judge = (check: string, changed: Partial<ServerFacts> = {}, changedClock: Partial<typeof clock> = {}) =>
  judgeServer({ ...facts, ...changed }, {}, { ...clock, ...changedClock }, config).find((each) => each.check === check);
/** The same of the server as it is. */
const ask = async (check: string) =>
  (await checkServer(sql, config as never)).find((finding) => finding.check === check);

describe('an old transaction', () => {
  test('is seen while it holds a snapshot, and no longer', async () => {
    await using reader = await openTransaction(sql);
    await reader.sql`set transaction isolation level repeatable read`;
    await reader.sql`select count(*) from tocsin_data.alerts`;
    const ageOf = async (asked = sql) => (await readServerFacts(asked)).oldest_transaction_seconds ?? 0;
    const begun = await ageOf();
    expect(begun).toBeGreaterThan(0);
    await until(async () => (await ageOf()) > begun + 0.05);
    // It holds back nothing in other databases of the server.
    expect(await ageOf(elsewhere)).toBeLessThan(begun + 0.05);
    await reader.commit();
    await until(async () => (await ageOf()) < begun + 0.05);
  });

  test('of another user is not overlooked by a user who may not see its age', async () => {
    const role = `tocsin_blind_${process.pid}`;
    await using other = await openSession(sql);
    await using reader = await openTransaction(sql);
    await reader.sql`select count(*) from tocsin_data.alerts`;
    await reader.sql`declare held cursor for select 1 from tocsin_data.alerts`;
    await sql.unsafe(`create role ${role}`);
    await other.sql.unsafe(`set role ${role}`);
    const hidden = async () => (await readServerFacts(other.sql as typeof sql)).hidden_transactions;
    expect(await hidden()).toBe(1);
    await other.sql.unsafe('reset role');
    await sql.unsafe(`grant pg_monitor to ${role}`);
    await other.sql.unsafe(`set role ${role}`);
    expect(await hidden()).toBe(0);
    await other.sql.unsafe('reset role');
    await sql.unsafe(`drop role ${role}`);
    expect(judge('old snapshots', { hidden_transactions: 1 })).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('grant pg_monitor'),
    });
  });

  test('is told of from ten minutes on, with how to end it; a prepared one with how to end that', () => {
    expect(judge('old snapshots', { oldest_transaction_seconds: 599 })?.status).toBe('ok');
    expect(judge('old snapshots', { oldest_transaction_seconds: 600 })).toMatchObject({
      status: 'warning',
      detail: 'A transaction is 600 s old and keeps dead rows in the queue.',
      advice: expect.stringContaining('pg_terminate_backend'),
    });
    expect(judge('old snapshots', { oldest_transaction_seconds: 5, oldest_prepared_seconds: 700 })).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('700 s'),
      advice: expect.stringContaining('pg_prepared_xacts'),
    });
  });
});

describe('clocks', () => {
  test('that are apart are told of: a second is a warning, half a minute a failure', () => {
    expect(judge('clock', {}, { skewMs: -900 })?.status).toBe('ok');
    expect(judge('clock', {}, { skewMs: 1_100 })).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/1100 ms ahead of/),
    });
    expect(judge('clock', {}, { skewMs: -31_000 })).toMatchObject({
      status: 'failure',
      advice: expect.stringMatching(/NTP/),
    });
    // A slow answer is not a wrong clock.
    expect(judge('clock', {}, { skewMs: 1_500, roundTripMs: 1_400 })?.status).toBe('ok');
  });

  test('are compared with that of the server', async () => {
    expect(await ask('clock')).toMatchObject({ status: 'ok' });
    setSystemTime(new Date(Date.now() + 3_600_000));
    const ahead = await ask('clock');
    setSystemTime();
    expect(ahead).toMatchObject({
      status: 'failure',
      detail: expect.stringMatching(/^the database's is 3[56]\d{5} ms behind ours/),
    });
  });
});

describe('partitions', () => {
  const madeAsOf = (days: number) =>
    workers.maintain_partitions({ p_now: new Date(Date.now() + days * dayMs).toISOString() });

  test('are told of when a day is left, and when none is, until they are made', async () => {
    await madeAsOf(-20);
    expect(await ask('partitions')).toMatchObject({
      status: 'failure',
      detail: expect.stringMatching(/^None for today/),
      advice: expect.stringMatching(/worker/),
    });
    await madeAsOf(-6);
    expect(await ask('partitions')).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/^made for [01] days ahead only$/),
    });
    await madeAsOf(0);
    expect(await ask('partitions')).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^made for [78] days ahead$/),
    });
  });
});

test('slots that nobody reads are a failure when they keep more than a gigabyte', () => {
  expect(judge('replication slots')?.status).toBe('ok');
  expect(judge('replication slots', { idle_slots: 1, slot_bytes_max: 5_000 })?.status).toBe('warning');
  expect(judge('replication slots', { idle_slots: 1, slot_bytes_max: 2 ** 31 })).toMatchObject({
    status: 'failure',
    detail: '1 that nobody reads, keeping up to 2 GB.',
    advice: expect.stringContaining('pg_drop_replication_slot'),
  });
});

test('a server too old, a standby, and too few connections are failures', () => {
  expect(judge('PostgreSQL', { version_number: 140_009 })?.status).toBe('failure');
  expect(judge('PostgreSQL', { is_standby: true })?.status).toBe('failure');
  expect(judge('connections', { connections_max: 20, connections_reserved: 3 })?.status).toBe('failure');
  expect(judge('connections', { connections_max: 21, connections_reserved: 3 })?.status).toBe('ok');
});

test('settings that lose rows or let them pile up are named', () => {
  const setting = (name: string, value: string) => judgeServer(facts, { [name]: { value, unit: null } }, clock, config);
  expect(setting('fsync', 'off')).toContainEqual(expect.objectContaining({ check: 'settings', status: 'failure' }));
  expect(setting('autovacuum', 'off')).toContainEqual(
    expect.objectContaining({ check: 'settings', status: 'failure' }),
  );
  expect(setting('fsync', 'on')).toContainEqual(expect.objectContaining({ check: 'settings', status: 'ok' }));
});

test('a disk with less than a gigabyte, or a twentieth, is a warning, and one that is nearly full a failure', () => {
  const [mb, gb] = [1024 ** 2, 1024 ** 3];
  const told = (free: number, size: number) => judgeSpace('disk', '/data', free, size);
  expect(told(200 * mb, 10 * gb)).toMatchObject({ status: 'failure', detail: '200 MB of 10 GB free in /data' });
  expect(told(200 * mb, 10 * gb).advice).toContain('RETENTION_DAYS');
  expect([told(600 * mb, 2 * gb).status, told(4 * gb, 100 * gb).status]).toEqual(['warning', 'warning']);
  expect([told(1.5 * gb, 2 * gb).status, told(6 * gb, 100 * gb).status]).toEqual(['ok', 'ok']);
});

test("the server's disk is looked at where it is this machine's, and said to be out of sight where it is not", async () => {
  const directory = await readServerFolder(sql);
  expect(checkDatabaseDisk('127.0.0.1', directory).detail).toEndWith(` free in ${directory}`);
  expect(checkDatabaseDisk('db.internal', directory).detail).toContain('cannot be seen from here');
  expect(checkDatabaseDisk('127.0.0.1', undefined).detail).toContain('grant pg_monitor');
  expect(checkDatabaseDisk('127.0.0.1', '/nowhere/at/all').detail).toContain('cannot be seen from here');
});
