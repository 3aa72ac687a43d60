// Raising one alert and raising a list go different ways: both reach the same webhooks, write the same and read little.
import { beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import { makeApi } from '../../src/store/api.ts';
import { makeWebhook, makeWebhooks, openSession, raise, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase({ max: 4 });
const { alerts } = makeApi(sql);
beforeEach(() => startOver(sql));

/** All that was written of an alert but its id, its times and its keys. */
async function written(alertId: number) {
  const [row] = await sql`
    select a.alert_type, a.severity, a.message, a.operation_type, a.status, a.delivery_count, a.tenant_id,
           (a.payload::jsonb - 'timestamp') #- '{data,alert_id}' as payload, (a.payload::jsonb #> '{data,alert_id}')::bigint as id,
           a.first_delivery_id is not distinct from min(q.delivery_id) as first,
           a.last_delivery_id is not distinct from max(q.delivery_id) as last,
           coalesce(min(q.delivery_id) > a.alert_id and bool_and(q.due_at = tocsin_internal.id_time(q.delivery_id)), true) as due,
           array_agg(array[q.webhook_id, q.bucket, q.attempt, q.tenant_id, q.is_urgent::integer] order by q.webhook_id) as queued
      from tocsin_data.alerts a left join tocsin_data.alert_delivery_queue q on q.alert_id = a.alert_id
     where a.alert_id = ${alertId} group by a.tenant_id, a.alert_id`;
  expect(row).toMatchObject({ id: alertId, first: true, last: true, due: true });
  const { id, ...rest } = row as Record<string, unknown>;
  return rest;
}

test('one alert, with a key or without, and a list of one are written alike, whatever they match', async () => {
  await makeWebhook(sql);
  await makeWebhook(sql, { events: ['order.*', 'a.b.*'] });
  await makeWebhook(sql, { events: ['order', 'a.b.c'], min_severity: 'WARNING' });
  await makeWebhook(sql, { events: ['order.paid', 'a.*'], filter: { 'context.amount': { gte: 100 } } });
  await makeWebhook(sql, { events: ['order.*', 'late'], filter: { message: 'late', operation_type: 'x' } });
  let key = 0;
  const alert = fc.record({
    alert_type: fc.constantFrom('order', 'order.paid', 'order.paid.late', 'a.b.c', 'a.b.c.d', 'late', 'elsewhere'),
    severity: fc.constantFrom('INFO', 'WARNING', 'CRITICAL'),
    message: fc.constantFrom('late', 'soon "or" not'),
    context: fc.constantFrom({}, { amount: 99 }, { amount: 100, more: [1.5, null] }),
    operation_type: fc.constantFrom(null, 'x'),
  });
  await fc.assert(
    fc.asyncProperty(alert, async (fields) => {
      const args = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`p_${name}`, value]));
      const one = await raise(sql, args);
      const keyed = await raise(sql, { ...args, p_idempotency_key: `${++key}`, p_dedupe_key: `${key}` });
      const shown = await alerts.raise_and_get_alert({ p_message: '', ...args });
      const shownAgain = await alerts.get_alert({ p_tenant_id: 1, p_alert_id: shown.id });
      const [listed] = await alerts.raise_alerts({ p_alerts: [fields] });
      const first = await written(one);
      for (const other of [keyed, shown.id, listed as number]) expect(await written(other)).toEqual(first);
      expect(shownAgain).toMatchObject(shown);
      expect(one < keyed && keyed < shown.id && shown.id < (listed as number)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('raising reads a few blocks among thousands of webhooks, also by plans that were made when there were none', async () => {
  await using session = await openSession(sql);
  for (let n = 0; n < 7; n++) await raise(session.sql, { p_alert_type: 'order.paid' });
  const [mine] = await makeWebhooks(sql, 1, { events: ['order.paid'] });
  await sql`insert into tocsin_data.webhooks (tenant_id, name, url, events)
    select 1, 'other ' || n, 'http://127.0.0.1:9/', array['other.e' || n] from generate_series(1, 8000) n`;
  await sql`insert into tocsin_data.tenants (name) select 'tenant-' || n from generate_series(1, 5000) n`;
  await raise(session.sql, { p_alert_type: 'order.paid' });
  const [plan] = await session.sql<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }[]>`
    explain (analyze, buffers, format json) select tocsin.raise_alert('order.paid', 'An order was paid.')`;
  const counts = plan?.['QUERY PLAN'][0].Plan ?? {};
  expect((counts['Shared Hit Blocks'] ?? 0) + (counts['Shared Read Blocks'] ?? 0)).toBeLessThan(40);
  const rows = await sql`select distinct webhook_id from tocsin_data.alert_delivery_queue`;
  expect(rows.map((row) => row.webhook_id)).toEqual([mine as number]);
});
