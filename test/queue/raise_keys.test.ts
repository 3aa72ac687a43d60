// Dedupe and idempotency keys: the first alert again, by one session or two at once, and across the border of partitions.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { countPlaces, isBlocked, makeWebhook, openTransaction, raise, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 6 });
const alerts = makeApi(sql).alerts;
beforeEach(async () => {
  await startOver(sql);
  await sql`delete from tocsin_data.idempotency_keys`;
  await makeWebhook(sql);
});

describe('a dedupe key', () => {
  test('gives the open alert again and queues nothing, until it is resolved', async () => {
    const first = await raise(sql, { p_dedupe_key: 'disk' });
    expect(await raise(sql, { p_dedupe_key: 'disk', p_message: 'Still.', p_severity: 'CRITICAL' })).toBe(first);
    const [key] = await sql`select occurrences, alert_id from tocsin_data.alert_dedupe_keys`;
    expect(key).toEqual({ occurrences: 2, alert_id: first });
    await alerts.acknowledge_alert({ p_tenant_id: 1, p_alert_id: first, p_by: 'me' });
    expect(await raise(sql, { p_dedupe_key: 'disk' })).toBe(first);
    expect(await countPlaces(sql)).toEqual({ queue: 1 });
    await alerts.resolve_alert({ p_tenant_id: 1, p_alert_id: first, p_by: 'me' });
    const second = await raise(sql, { p_dedupe_key: 'disk' });
    expect(second).toBeGreaterThan(first);
    expect(await countPlaces(sql)).toEqual({ queue: 2 });
  });

  test('raised by two sessions at once opens one alert, and a new one when the first rolls back', async () => {
    for (const end of ['commit', 'rollback'] as const) {
      await using a = await openTransaction(sql);
      await using b = await openTransaction(sql);
      const first = await raise(a.sql, { p_dedupe_key: end });
      const waiting = raise(b.sql, { p_dedupe_key: end });
      await until(() => isBlocked(sql, b));
      await a[end]();
      const second = await waiting;
      await b.commit();
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
      if (end === 'commit') expect(second).toBe(first);
      else expect(second).not.toBe(first);
      const open = await sql`select alert_id from tocsin_data.alert_dedupe_keys where dedupe_key = ${end}`;
      expect(open.map((row) => row.alert_id)).toEqual([second]);
    }
    expect(await countPlaces(sql)).toEqual({ queue: 2 });
  });

  test('belongs to a tenant, and within one list the second alert meets the first', async () => {
    const [row] = await sql`insert into tocsin_data.tenants (name) values ('keys') returning tenant_id`;
    const mine = await raise(sql, { p_dedupe_key: 'k' });
    expect(await raise(sql, { p_dedupe_key: 'k', p_tenant_id: row?.tenant_id })).not.toBe(mine);
    const list = [{ message: 'a', dedupe_key: 'l' }, { message: 'b' }, { message: 'c', dedupe_key: 'l' }];
    const [a, b, c] = await alerts.raise_alerts({ p_alerts: list });
    expect(c).toBe(a as number);
    expect(b).not.toBe(a as number);
  });
});

describe('an idempotency key', () => {
  const args = { p_idempotency_key: 'once', p_context: { a: 1, b: [2] }, p_operation_type: 'x' };

  test('gives the same alert for the same request for ever, also once it is resolved', async () => {
    const first = await raise(sql, args);
    await alerts.resolve_alert({ p_tenant_id: 1, p_alert_id: first, p_by: 'me' });
    expect(await raise(sql, { ...args, p_context: { b: [2], a: 1 } })).toBe(first);
    expect(await countPlaces(sql)).toEqual({ queue: 1 });
  });

  test('is refused for a request that differs in anything, even by a value that moved to another field', async () => {
    await raise(sql, args);
    const { p_operation_type: _, ...others } = args;
    const different = [
      { ...args, p_message: 'Other.' },
      { ...args, p_severity: 'WARNING' },
      { ...args, p_context: { a: 1 } },
      { ...args, p_alert_type: 'test.other' },
      { ...others, p_dedupe_key: 'x' },
    ];
    for (const other of different) {
      await expect(raise(sql, other)).rejects.toMatchObject({ code: 'INVLD', column_name: '/idempotency_key' });
    }
    expect(await countPlaces(sql)).toEqual({ queue: 1 });
  });

  test('used by two sessions at once raises one alert, and is free again when the first rolls back', async () => {
    for (const end of ['commit', 'rollback'] as const) {
      await using a = await openTransaction(sql);
      await using b = await openTransaction(sql);
      const first = await raise(a.sql, { p_idempotency_key: end });
      const waiting = raise(b.sql, { p_idempotency_key: end });
      await until(() => isBlocked(sql, b));
      await a[end]();
      expect((await waiting) === first).toBe(end === 'commit');
      await b.commit();
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
    }
    expect(await countPlaces(sql)).toEqual({ queue: 2 });
  });

  test('is found in an older partition', async () => {
    const first = await raise(sql, args);
    // As if it had been used eleven days ago: the same row, one partition further back.
    await sql`select tocsin_internal.make_partitions(now() - interval '11 days')`;
    const [moved] = await sql`
      update tocsin_data.idempotency_keys set alert_id = tocsin_internal.id_at(now() - interval '11 days')
       where alert_id = ${first} returning tableoid::regclass::text as partition, alert_id`;
    expect(moved?.partition).not.toEndWith(
      (
        await sql`select max(relname) as last from pg_class
      where relname ~ '^idempotency_keys_[0-9]+$'`
      )[0]?.last,
    );
    expect(await raise(sql, args)).toBe(moved?.alert_id);
  });

  test('of a list stands for the whole list: the same ids again, and nothing for a list that differs', async () => {
    const list = [{ message: 'a' }, { message: 'b', dedupe_key: 'd' }, { message: 'c', idempotency_key: 'own' }];
    const ids = await alerts.raise_alerts({ p_alerts: list, p_idempotency_key: 'list' });
    expect(new Set(ids).size).toBe(3);
    expect(await alerts.raise_alerts({ p_alerts: list, p_idempotency_key: 'list' })).toEqual(ids);
    for (const other of [[...list, { message: 'd' }], list.slice(0, 2), [{ message: 'x' }, ...list.slice(1)]]) {
      const refused = alerts.raise_alerts({ p_alerts: other, p_idempotency_key: 'list' });
      await expect(refused).rejects.toMatchObject({ code: 'INVLD' });
    }
    expect(await countPlaces(sql)).toEqual({ queue: 3 });
    // A key for one alert that looks like the key of a list is another key.
    expect(ids).not.toContain(await raise(sql, { p_idempotency_key: 'list' }));
  });

  test('of a list may be as long as any, and costs the server one lock, of which it has only some thousands', async () => {
    const p_alerts = Array.from({ length: 500 }, () => ({ message: 'm' }));
    await using session = await openTransaction(sql);
    const ids = await makeApi(session.sql).alerts.raise_alerts({ p_alerts, p_idempotency_key: 'k'.repeat(255) });
    expect(new Set(ids).size).toBe(500);
    const locks =
      await sql`select from pg_locks where locktype = 'advisory' and pid = ${session.pid} and mode = 'ExclusiveLock'`;
    expect(locks).toHaveLength(1);
    const own = Array.from({ length: 1001 }, (_, n) => ({ message: 'm', idempotency_key: `own ${n}` }));
    await expect(alerts.raise_alerts({ p_alerts: own })).rejects.toMatchObject({ code: 'INVLD' });
  });
});
