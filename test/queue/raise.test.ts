// Raising: what rolls back is gone, whom an alert reaches, the exact text that is sent, lists all or none, and who may raise.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { makeApi } from '../../src/store/api.ts';
import { openSql } from '../../src/store/sql.ts';
import { countPlaces, makeWebhook, openTransaction, raise, raiseMany, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql, url } = await testDatabase({ max: 6 });
const api = makeApi(sql);
beforeEach(() => startOver(sql));

const count = async () => (await sql`select count(*) from tocsin_data.alerts`)[0]?.count as number;
/** The webhooks that a new alert of this kind is queued for. */
async function reached(args: Parameters<typeof raise>[1]): Promise<number[]> {
  const alertId = await raise(sql, args);
  const rows =
    await sql`select webhook_id from tocsin_data.alert_delivery_queue where alert_id = ${alertId} order by 1`;
  return rows.map((row) => row.webhook_id);
}

describe('an alert', () => {
  test('that is rolled back leaves nothing, not even a delivery, and a savepoint takes back only its own', async () => {
    await makeWebhook(sql);
    const before = await count();
    await using session = await openTransaction(sql);
    await raise(session.sql, { p_dedupe_key: 'rolled back', p_idempotency_key: 'rolled back' });
    await session.rollback();
    expect(await count()).toBe(before);
    expect(await sql`select from tocsin_data.alert_dedupe_keys`).toHaveLength(0);
    expect(await countPlaces(sql)).toEqual({});
    await session.begin();
    const kept = await raise(session.sql);
    await session.sql`savepoint s`;
    await raise(session.sql);
    await session.sql`rollback to s`;
    await session.commit();
    await session[Symbol.asyncDispose]();
    const rows = await sql`select alert_id from tocsin_data.alert_delivery_queue`;
    expect(rows.map((row) => row.alert_id)).toEqual([kept]);
  });

  test('reaches exact patterns, prefixes and everything, each webhook once however many of its patterns match', async () => {
    const all = await makeWebhook(sql);
    const exact = await makeWebhook(sql, { events: ['order.paid'] });
    const prefix = await makeWebhook(sql, { events: ['order.*'] });
    const overlapping = await makeWebhook(sql, {
      events: ['order.paid', 'order.*', 'order.paid', 'order.paid.*', 'cart'],
    });
    await makeWebhook(sql, { events: ['orders.*', 'order', 'order.paid.late', 'paid', 'ord.*'] });
    expect(await reached({ p_alert_type: 'order.paid' })).toEqual([all, exact, prefix, overlapping]);
    expect(await reached({ p_alert_type: 'order' })).toEqual([all, overlapping + 1]);
    expect(await reached({ p_alert_type: 'order.paid.late' })).toEqual([all, prefix, overlapping, overlapping + 1]);
  });

  test('reaches webhooks by severity and filter, and a filter that cannot be right is refused when it is set', async () => {
    const critical = await makeWebhook(sql, { min_severity: 'CRITICAL' });
    const warning = await makeWebhook(sql, { min_severity: 'WARNING' });
    const large = await makeWebhook(sql, { filter: { 'context.amount': { gte: 100 }, not: { severity: 'CRITICAL' } } });
    expect(await reached({ p_severity: 'INFO', p_context: { amount: 99.5 } })).toEqual([]);
    expect(await reached({ p_severity: 'WARNING', p_context: { amount: 100 } })).toEqual([warning, large]);
    expect(await reached({ p_severity: 'CRITICAL', p_context: { amount: 100 } })).toEqual([critical, warning]);
    await expect(makeWebhook(sql, { filter: { 'context.amount': { bigger: 1 } } })).rejects.toMatchObject({
      code: 'INVLD',
    });
    expect(await reached({ p_severity: 'INFO' })).toEqual([]);
  });

  test('waits for a disabled webhook, and no deleted one or one of another tenant gets it', async () => {
    const disabled = await makeWebhook(sql, { is_active: false });
    const deleted = await makeWebhook(sql);
    await api.webhooks.delete_webhook({ p_tenant_id: 1, p_webhook_id: deleted });
    const [other] = await sql`insert into tocsin_data.tenants (name) values ('other') returning tenant_id`;
    const tenant = other?.tenant_id as number;
    const theirs = await makeWebhook(sql, { tenant_id: tenant });
    expect(await reached({})).toEqual([disabled]);
    expect(await reached({ p_tenant_id: tenant })).toEqual([theirs]);
    await expect(raise(sql, { p_tenant_id: 999 })).rejects.toMatchObject({ code: 'NTFND' });
  });

  test('keeps count of its deliveries and their range', async () => {
    for (let n = 0; n < 3; n++) await makeWebhook(sql);
    const alertId = await raise(sql);
    const [row] = await sql`
      select a.delivery_count, a.first_delivery_id = min(q.delivery_id) as first, a.last_delivery_id = max(q.delivery_id) as last,
             bool_and(q.due_at = tocsin_internal.id_time(q.delivery_id) and q.due_at <= clock_timestamp()) as due
        from tocsin_data.alerts a join tocsin_data.alert_delivery_queue q on q.alert_id = a.alert_id
       where a.alert_id = ${alertId} group by a.tenant_id, a.alert_id`;
    expect(row).toEqual({ delivery_count: 3, first: true, last: true, due: true });
    await startOver(sql);
    const unmatched = await api.alerts.get_alert({ p_tenant_id: 1, p_alert_id: await raise(sql) });
    expect(unmatched?.delivery_count).toBe(0);
  });
});

describe('the payload', () => {
  test('is JSON that gives back every character of message and context', async () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((s) => !s.includes('\0') && s.isWellFormed());
    const context = fc.dictionary(
      text,
      fc.oneof(text, fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean()),
      { maxKeys: 4 },
    );
    await fc.assert(
      fc.asyncProperty(text, context, async (message, values) => {
        const alertId = await raise(sql, { p_message: message, p_context: values, p_operation_type: message });
        const alert = await api.alerts.get_alert({ p_tenant_id: 1, p_alert_id: alertId });
        const sent = JSON.parse(alert?.payload ?? '');
        expect(sent).toMatchObject({
          type: 'test',
          data: { alert_id: alertId, severity: 'INFO', message, operation_type: message },
        });
        expect(sent.data.context).toEqual(JSON.parse(JSON.stringify(values)));
        expect(alert?.message).toBe(message);
        expect(new Date(sent.timestamp).toISOString()).toBe(sent.timestamp);
        // What parts the payloads of a claim must not occur in one.
        expect(alert?.payload).not.toInclude('\x1e');
      }),
      { numRuns: 60 },
    );
  });

  test('has the fields in the order and the form that receivers verify byte for byte', async () => {
    const alertId = await raise(sql, {
      p_message: 'a "b"\n',
      p_context: { b: 1, a: [1.5, null] },
      p_severity: 'CRITICAL',
    });
    const [row] = await sql`select payload, created_at from tocsin_data.alerts where alert_id = ${alertId}`;
    expect(row?.payload).toBe(
      `{"type":"test","timestamp":"${row?.created_at.toISOString()}","data":{"alert_id":${alertId},"severity":"CRITICAL",` +
        `"message":"a \\"b\\"\\n","operation_type":null,"context":{"a": [1.5, null], "b": 1}}}`,
    );
  });

  test('a NUL, which PostgreSQL cannot keep, is refused and nothing is raised', async () => {
    const before = await count();
    await expect(raise(sql, { p_message: 'a\0b' })).rejects.toMatchObject({ code: '22021' });
    await expect(raise(sql, { p_context: { a: '\0' } })).rejects.toMatchObject({ code: '22P05' });
    await expect(api.alerts.raise_alerts({ p_alerts: [{ message: 'a\0' }] })).rejects.toMatchObject({ code: '22P05' });
    expect(await count()).toBe(before);
  });
});

describe('a list of alerts', () => {
  test('is raised in order, and one wrong alert refuses all with a pointer to it', async () => {
    await makeWebhook(sql);
    const ids = await raiseMany(sql, 250);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const messages = await sql`select message from tocsin_data.alerts where alert_id = any (${ids}) order by alert_id`;
    expect(messages.map((row) => row.message)).toEqual(ids.map((_, n) => `m${n}`));
    const before = await countPlaces(sql);
    const wrong: [object, string][] = [
      [{ message: 'ok', severity: 'LOUD' }, '/1/severity'],
      [{}, '/1/message'],
      [{ message: 'ok', alert_type: 'a..b' }, '/1/alert_type'],
      [{ message: 'ok', context: [1] }, '/1/context'],
      [{ message: 'ok', dedupe_key: '' }, '/1/dedupe_key'],
      [{ message: 'ok', idempotency_key: 'x'.repeat(256) }, '/1/idempotency_key'],
      [{ message: 'ok', operation_type: 'x'.repeat(201) }, '/1/operation_type'],
      [{ message: 'x'.repeat(10_001) }, '/1/message'],
    ];
    for (const [alert, pointer] of wrong) {
      const refused = api.alerts.raise_alerts({ p_alerts: [{ message: 'fine' }, alert] });
      await expect(refused).rejects.toMatchObject({ code: 'INVLD', column_name: pointer });
    }
    for (const p_alerts of [[], [1], 'x', Array(10_001).fill({ message: 'm' })]) {
      await expect(api.alerts.raise_alerts({ p_alerts: p_alerts as never })).rejects.toMatchObject({ code: 'INVLD' });
    }
    expect(await countPlaces(sql)).toEqual(before);
  });
});

describe('a role that may only execute raise_alert', () => {
  const role = `raiser_${process.pid}`;
  afterAll(async () => {
    await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  });

  test('raises within its own transaction, and reads and calls nothing else', async () => {
    await makeWebhook(sql);
    await sql.unsafe(`
      create role ${role} login password 'raiser'; grant usage on schema tocsin to ${role};
      grant execute on function tocsin.raise_alert to ${role}`);
    const address = new URL(url);
    address.username = role;
    address.password = 'raiser';
    const raiser = openSql(address.href, { max: 1 });
    try {
      const alertId = await raise(raiser, { p_dedupe_key: 'k', p_idempotency_key: 'k' });
      expect((await sql`select alert_id from tocsin_data.alert_delivery_queue`)[0]?.alert_id).toBe(alertId);
      for (const forbidden of [
        'select * from tocsin_data.alerts',
        'select tocsin_internal.next_id()',
        'insert into tocsin_data.alert_delivery_queue default values',
        "select nextval('tocsin_data.id_seq')",
      ]) {
        await expect(raiser.unsafe(forbidden)).rejects.toMatchObject({ code: '42501' });
      }
      // What lies in the raiser's own search path is never called for it.
      await raiser.unsafe('create temp table webhook_routes (x int); set search_path = pg_temp, public');
      await raise(raiser);
    } finally {
      await raiser.end();
    }
  });
});
