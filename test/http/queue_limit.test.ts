// How many deliveries of a tenant may wait: seen before it bites, refused with 429 when it does, exact to one count.
import { describe, expect, test } from 'bun:test';
import { makeApi } from '../../src/store/api.ts';
import { makeWebhook } from '../support/makers.ts';
import { testHttp } from '../support/http.ts';

const config = { environment: 'production', secretKey: 's'.repeat(32), rateLimit: 1_000_000 } as const;
const http = await testHttp({ config });
const { sql } = http;
const platform = await http.bearer({ role: 'platform', subject: 'ops' });
const admin = await http.bearer({ role: 'admin', tenant: 'acme' });
const others = await http.bearer({ role: 'admin' });
await http.post('/api/v1/tenants', { name: 'acme' }, platform);
const [tenant] = await sql<{ tenant_id: number }[]>`select tenant_id from tocsin_data.tenants where name = 'acme'`;
const tenantId = tenant?.tenant_id as number;
await makeWebhook(sql, { tenant_id: tenantId });
await makeWebhook(sql);

const limit = (queue_limit: unknown, headers = platform) =>
  http.send('PATCH', '/api/v1/tenants/acme', { queue_limit }, headers);
const raise = (headers = admin) => http.post('/api/v1/alerts', { message: 'm' }, headers);
const raiseMany = (count: number) =>
  http.post('/api/v1/alerts/batch', { alerts: Array.from({ length: count }, () => ({ message: 'm' })) }, admin);
/** As if the time for the next count had come. */
const count = async () => {
  await sql`update tocsin_data.tenant_queues set count_due_at = now()`;
  await sql`select tocsin_internal.count_queues()`;
};
const overview = async () => (await http.get('/api/v1/dashboard/overview', admin)).json;

describe('queue_limit', () => {
  test('is none at first, is set and lifted by the platform alone, and must be a number that can be', async () => {
    expect((await http.get('/api/v1/tenants/acme', platform)).json.queue_limit).toBeNull();
    expect((await limit(10)).json).toMatchObject({ name: 'acme', queue_limit: 10 });
    expect((await limit(10, admin)).status).toBe(403);
    for (const wrong of [0, -1, 1.5, 'many']) expect((await limit(wrong)).status).toBe(422);
    expect((await limit(null)).json.queue_limit).toBeNull();
    expect((await http.send('PATCH', '/api/v1/tenants/nobody', { queue_limit: 1 }, platform)).status).toBe(404);
    await expect(sql`select tocsin.set_queue_limit('acme', 0)`).rejects.toMatchObject({ code: 'INVLD' });
  });

  test('shows from 80 % on that it is near, refuses when it is exceeded, and only this tenant', async () => {
    await limit(10);
    const seen: unknown[] = [];
    for (let waiting = 7; waiting <= 11; waiting++) {
      expect((await raiseMany(waiting === 7 ? 7 : 1)).status).toBe(201);
      await count();
      const { queue_limit_state, queue_used_percent } = await overview();
      seen.push([queue_limit_state, queue_used_percent]);
    }
    expect(seen).toEqual([
      ['free', 70],
      ['near', 80],
      ['near', 90],
      ['near', 100],
      ['reached', 110],
    ]);
    const refused = await raise();
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject({ error_code: 'RATE_LIMITED' });
    expect(refused.json.detail).toContain('More than 10 deliveries of this tenant wait');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await raiseMany(1)).status).toBe(429);
    await expect(makeApi(sql).alerts.raise_alert({ p_message: 'm', p_tenant_id: tenantId })).rejects.toMatchObject({
      code: 'LIMIT',
    });
    expect((await raise(others)).status).toBe(201);
    const settings = await http.post(
      '/api/v1/webhooks',
      { name: 'w', url: 'https://example.com', events: ['x'] },
      admin,
    );
    expect(settings.status).toBe(201);
    const [view] = await sql`select waiting, used_percent, state from tocsin.v_queue_limits`;
    expect(view).toEqual({ waiting: 11, used_percent: 110, state: 'reached' });
    const [status] =
      await sql`select distinct tenant_queue_state as state from tocsin.v_delivery_queue_status where tenant_id = ${tenantId}`;
    expect(status).toEqual({ state: 'reached' });
    expect((await http.get('/health/deep')).json.delivery.tenants_near_queue_limit).toBe(1);
  });

  test('lets raise again when enough is delivered, or the limit is higher', async () => {
    await sql`delete from tocsin_data.alert_delivery_queue where delivery_id = (
      select min(delivery_id) from tocsin_data.alert_delivery_queue where tenant_id = ${tenantId})`;
    await count();
    expect((await raise()).status).toBe(201);
    await count();
    expect((await raise()).status).toBe(429);
    await limit(1000);
    expect((await raise()).status).toBe(201);
    await makeApi(sql).workers.run_maintenance();
    expect(await overview()).toMatchObject({ queue_limit: 1000, queue_limit_state: 'free' });
  });
});
