// The routes under /webhooks/{id} that do something.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const path = '/api/v1/webhooks';

const create = async () => (await http.post(path, { name: 'orders', url: 'https://example.com/in' })).json;
const secretsOf = async (id: number) => {
  const [target] = await http.api.workers.get_delivery_targets({ p_webhook_ids: [id] });
  return target?.secrets_sealed.map((sealed) => http.vault.open(sealed, 'webhook_secret'));
};

describe('POST /webhooks/{id}/test', () => {
  test('sends a ping and gives the answer that it got', async () => {
    const { id } = await create();
    expect((await http.post(`${path}/${id}/test`)).json).toEqual({
      success: true,
      status_code: 200,
      response_ms: 7,
      error: null,
      response_body: 'ok',
      message_id: 'ping_1',
    });
    expect(http.pinged).toEqual([id]);
    http.pingAnswer = { ...http.pingAnswer, outcome: 'failed', status_code: null, error: 'timeout: too late' };
    const { status, json } = await http.post(`${path}/${id}/test`, {});
    expect({ status, json }).toMatchObject({ status: 200, json: { success: false, error: 'timeout: too late' } });
  });

  test('pings nobody for a webhook that is not there', async () => {
    http.pinged.length = 0;
    expect((await http.post(`${path}/999999/test`)).status).toBe(404);
    expect(http.pinged).toEqual([]);
  });
});

describe('POST /webhooks/{id}/rotate-secret', () => {
  test('gives a new secret, and the old one stays valid for a day unless told otherwise', async () => {
    const { id, secret } = await create();
    const first = (await http.post(`${path}/${id}/rotate-secret`)).json;
    expect(await secretsOf(id)).toEqual([first.secret, secret]);
    expect(Date.parse(first.previous_secret_valid_until) - Date.now()).toBeWithin(86_300_000, 86_500_000);
    const second = (await http.post(`${path}/${id}/rotate-secret`, { overlap_seconds: 0 })).json;
    expect(await secretsOf(id)).toEqual([second.secret]);
  });

  test('refuses an overlap that is too long, and an eleventh secret at once', async () => {
    const { id } = await create();
    expect((await http.post(`${path}/${id}/rotate-secret`, { overlap_seconds: 2_592_001 })).status).toBe(422);
    for (let i = 0; i < 9; i++) await http.post(`${path}/${id}/rotate-secret`);
    const { status, json } = await http.post(`${path}/${id}/rotate-secret`);
    expect({ status, code: json.error_code }).toEqual({ status: 409, code: 'STATE_CONFLICT' });
    expect(await secretsOf(id)).toHaveLength(10);
  });
});

describe('POST /webhooks/{id}/enable', () => {
  test('enables a webhook that its receiver had ended, with one delivery at a time', async () => {
    const { id } = await create();
    await http.sql`update tocsin_data.webhooks set is_active = false, disabled_reason = 'The receiver answered 410 Gone.'
      where webhook_id = ${id}`;
    expect((await http.get(`${path}/${id}`)).json).toMatchObject({
      is_active: false,
      disabled_reason: expect.stringContaining('410'),
    });
    const { status, json } = await http.post(`${path}/${id}/enable`);
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { is_active: true, disabled_reason: null, breaker_state: 'half_open', blocked_until: null },
    });
    const [lane] = await http.sql`select is_open, slots_max from tocsin_data.webhook_lanes where webhook_id = ${id}`;
    expect(lane).toEqual({ is_open: true, slots_max: 1 });
  });

  test('of one that is not there answers 404', async () => {
    expect((await http.post(`${path}/999999/enable`)).status).toBe(404);
  });
});
