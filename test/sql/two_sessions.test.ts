// What SQL functions promise when two sessions meet: retries with retries and with claims, acknowledging, resolving and raising.
import { beforeEach, describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { claim, isBlocked, makeWebhook, openTransaction, raise, record, startOver } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase({ max: 8 });
const api = makeApi(sql);
beforeEach(() => startOver(sql));

/** Raises one alert for one webhook and gives the id of its delivery. */
async function raiseOne(): Promise<number> {
  await makeWebhook(sql, { retry_policy: { max_retries: 0 } });
  const alertId = await raise(sql);
  const [delivery] = await api.deliveries.list_deliveries({ p_tenant_id: 1, p_alert_id: alertId });
  if (!delivery) throw new Error('The alert has no delivery.');
  return delivery.id;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );

describe('retry_delivery', () => {
  test('asked twice at once for a delivery that was given up, queues it once', async () => {
    const id = await raiseOne();
    await record(sql, await claim(sql), 500);
    expect((await api.deliveries.get_delivery({ p_tenant_id: 1, p_delivery_id: id }))?.status).toBe('failed');
    await using first = await openTransaction(sql);
    await using second = await openTransaction(sql);
    await makeApi(first.sql).deliveries.retry_delivery({ p_delivery_id: id });
    const other = codeOf(makeApi(second.sql).deliveries.retry_delivery({ p_delivery_id: id }));
    await until(() => isBlocked(sql, second), { what: 'the second retry waits for the first' });
    await first.commit();
    expect(await other).toBe('STALE');
    const again = await claim(sql);
    expect(again.map((delivery) => [delivery.deliveryId, delivery.attempt])).toEqual([[id, 2]]);
  });

  test('that meets a claim leaves the delivery to the worker', async () => {
    const id = await raiseOne();
    await using worker = await openTransaction(sql);
    await using operator = await openTransaction(sql);
    expect(await claim(worker.sql)).toHaveLength(1);
    const retried = codeOf(makeApi(operator.sql).deliveries.retry_delivery({ p_delivery_id: id }));
    await until(() => isBlocked(sql, operator), { what: 'the retry waits for the claim' });
    await worker.commit();
    expect(await retried).toBe('STALE');
    await operator.rollback();
    expect(await codeOf(api.deliveries.retry_delivery({ p_delivery_id: id }))).toBe('STALE');
    const [queued] = await sql`select count(*) as count from tocsin_data.alert_delivery_queue`;
    expect(queued?.count).toBe(0);
  });
});

describe('alerts', () => {
  test('acknowledged by two callers in opposite orders do not deadlock', async () => {
    const ids = [];
    for (let i = 0; i < 20; i++) ids.push(await raise(sql));
    await using holder = await openTransaction(sql);
    await using first = await openTransaction(sql);
    await using second = await openTransaction(sql);
    const acknowledge = (session: typeof first, p_alert_ids: number[]) =>
      makeApi(session.sql).alerts.acknowledge_alerts({ p_tenant_id: 1, p_alert_ids, p_by: 'ann' });
    // Both stop in the middle, so that each holds what the other wants next, unless they go the same way.
    await acknowledge(holder, ids.slice(10, 11));
    const up = acknowledge(first, ids).then((done) => first.commit().then(() => done));
    await until(() => isBlocked(sql, first), { what: 'the first waits for the holder' });
    const down = acknowledge(second, ids.toReversed());
    await until(() => isBlocked(sql, second), { what: 'the second waits' });
    await holder.commit();
    expect(await up).toEqual({ acknowledged: 20, failed: 0 });
    expect(await down).toEqual({ acknowledged: 20, failed: 0 });
  });

  test('raised with the dedupe key of one that is being resolved are new', async () => {
    const open = await raise(sql, { p_dedupe_key: 'disk' });
    await using operator = await openTransaction(sql);
    await makeApi(operator.sql).alerts.resolve_alert({ p_tenant_id: 1, p_alert_id: open, p_by: 'ann' });
    await using raiser = await openTransaction(sql);
    const raised = raise(raiser.sql, { p_dedupe_key: 'disk' });
    await until(() => isBlocked(sql, raiser), { what: 'raising waits for the resolving' });
    await operator.commit();
    expect(await raised).toBeGreaterThan(open);
    await raiser.commit();
    expect((await api.alerts.list_alerts({ p_tenant_id: 1, p_limit: 2 })).map((alert) => alert.status)).toEqual([
      'pending',
      'resolved',
    ]);
  });
});
