// The routes under /deliveries, and the deliveries of a webhook.
import { beforeAll, describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const path = '/api/v1/deliveries';

/** Plays the worker: claims what is due and records one outcome for all of it. */
async function work(outcome: 'delivered' | 'failed' | 'gone'): Promise<void> {
  const claimed = await http.api.workers.get_ready_deliveries({ p_limit: 100 });
  const column = <T>(value: T) => claimed.map(() => value);
  await http.api.workers.record_delivery_results({
    p_lease_ids: claimed.map((row) => row.lease_id),
    p_delivery_ids: claimed.map((row) => row.delivery_id),
    p_alert_ids: claimed.map((row) => row.alert_id),
    p_webhook_ids: claimed.map((row) => row.webhook_id),
    p_attempts: claimed.map((row) => row.attempt),
    p_outcomes: column(outcome),
    p_status_codes: column(outcome === 'delivered' ? 200 : 500),
    p_response_ms: column(12),
    p_errors: column(outcome === 'delivered' ? null : 'http_500: the receiver answered 500'),
    p_response_bodies: column('their answer'),
    p_retry_after_seconds: column(null),
  });
}

const raise = async (alert_type: string) => (await http.post('/api/v1/alerts', { message: 'x', alert_type })).json.id;
const hook = async (name: string, more: object = {}) =>
  (await http.post('/api/v1/webhooks', { name, url: 'https://example.com', events: [name], ...more })).json.id;
const listed = async (query: string) => (await http.get(`${path}?${query}`)).json.items;

let good = 0;
let bad = 0;
beforeAll(async () => {
  good = await hook('good');
  bad = await hook('bad', { retry_policy: { max_retries: 0 } });
  await raise('good');
  await raise('good');
  await work('delivered');
  await raise('bad');
  await work('failed');
  await raise('good');
});

describe('GET /deliveries', () => {
  test('lists them newest first, with how they stand', async () => {
    const { json } = await http.get(path);
    expect(json.total).toBe(4);
    expect(json.items.map((row: { status: string }) => row.status)).toEqual([
      'pending',
      'failed',
      'delivered',
      'delivered',
    ]);
    expect(json.items[2]).toMatchObject({ webhook_id: good, attempt_count: 1, last_status_code: 200, response_ms: 12 });
  });

  test('filters by status, webhook, alert and time', async () => {
    expect(await listed('status=delivered')).toHaveLength(2);
    expect(await listed('status=failed')).toMatchObject([
      { webhook_id: bad, last_error: 'http_500: the receiver answered 500' },
    ]);
    expect(await listed(`webhook_id=${good}`)).toHaveLength(3);
    const [newest] = await listed(`webhook_id=${good}&status=pending`);
    expect(await listed(`alert_id=${newest.alert_id}`)).toEqual([newest]);
    expect(await listed(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect((await http.get(`${path}?status=lost`)).status).toBe(422);
  });
});

describe('GET /deliveries/{id}', () => {
  test('has the attempts, with the code, the time, the error and the beginning of the answer', async () => {
    const [failed] = await listed('status=failed');
    const { json } = await http.get(`${path}/${failed.id}`);
    expect(json).toMatchObject({
      ...failed,
      webhook_name: 'bad',
      url: 'https://example.com',
      attempts: [{ attempt: 1, status: 'failed', status_code: 500, response_ms: 12, response_body: 'their answer' }],
    });
  });

  test('of one that is not there answers 404', async () => {
    expect((await http.get(`${path}/12345`)).status).toBe(404);
  });
});

describe('POST /deliveries/{id}/retry', () => {
  test('queues one that had failed again, and it can be delivered', async () => {
    const [failed] = await listed('status=failed');
    const { status, json } = await http.post(`${path}/${failed.id}/retry`);
    expect({ status, json }).toMatchObject({ status: 202, json: { id: failed.id, status: 'pending' } });
    await work('delivered');
    expect((await http.get(`${path}/${failed.id}`)).json).toMatchObject({ status: 'delivered', attempt_count: 2 });
  });

  test('while it is being sent is a conflict; of one that is not there 404', async () => {
    await raise('good');
    const [claimed] = await http.api.workers.get_ready_deliveries({ p_limit: 1 });
    const { status, json } = await http.post(`${path}/${claimed?.delivery_id}/retry`);
    expect({ status, code: json.error_code }).toEqual({ status: 409, code: 'STATE_CONFLICT' });
    expect((await http.post(`${path}/12345/retry`)).status).toBe(404);
  });
});

describe('GET /webhooks/{id}/deliveries', () => {
  test('lists those of one webhook, with the same filters', async () => {
    const { json } = await http.get(`/api/v1/webhooks/${bad}/deliveries`);
    expect(json.items).toMatchObject([{ webhook_id: bad }]);
    expect((await http.get(`/api/v1/webhooks/${bad}/deliveries?status=pending`)).json.items).toEqual([]);
  });

  test('stays readable after the webhook was deleted, and is 404 where there never was one', async () => {
    await http.send('DELETE', `/api/v1/webhooks/${bad}`);
    expect((await http.get(`/api/v1/webhooks/${bad}/deliveries`)).json.items).toHaveLength(1);
    expect((await http.get('/api/v1/webhooks/999999/deliveries')).status).toBe(404);
  });
});

describe('the totals of a webhook', () => {
  test('count every attempt at once, before and after they are folded', async () => {
    const id = await hook('counted');
    await raise('counted');
    expect((await http.get(`/api/v1/webhooks/${id}`)).json).toMatchObject({
      total_deliveries: 0,
      pending_deliveries: 1,
    });
    await work('delivered');
    const counted = {
      total_deliveries: 1,
      successful_deliveries: 1,
      success_rate_percent: 100,
      health_status: 'healthy',
    };
    const before = (await http.get(`/api/v1/webhooks/${id}`)).json;
    expect(before).toMatchObject({ ...counted, pending_deliveries: 0 });
    await http.api.workers.run_maintenance();
    expect((await http.get(`/api/v1/webhooks/${id}`)).json).toMatchObject(counted);
  });
});
