// The routes under /alerts.
import { describe, expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const path = '/api/v1/alerts';

const raise = async (body: object = {}) => (await http.post(path, { message: 'It happened.', ...body })).json;
const countAlerts = async () => Number((await http.sql`select count(*) from tocsin_data.alerts`)[0]?.count);

describe('POST /alerts', () => {
  test('needs only a message, and answers 201 with the defaults and where it is', async () => {
    const { status, json, headers } = await http.post(path, { message: 'Hello' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${path}/${json.id}`);
    expect(json).toEqual({
      id: json.id,
      alert_type: 'custom',
      severity: 'INFO',
      status: 'pending',
      message: 'Hello',
      operation_type: null,
      context: {},
      dedupe_key: null,
      delivery_count: 0,
      created_at: json.created_at,
    });
    expect(Date.now() - Date.parse(json.created_at)).toBeWithin(-1000, 10_000);
  });

  test('takes every field, and gives each of them back', async () => {
    const body = {
      message: 'Paid „𝄞“',
      alert_type: 'order.paid',
      severity: 'CRITICAL',
      operation_type: 'INSERT',
      context: { amount: 12.5, nested: { list: [1, null, 'x'], 'a.b': true }, empty: {} },
      dedupe_key: 'order-7',
    };
    const first = await raise(body);
    expect(first).toMatchObject(body);
    const row = (await http.get(`${path}/${first.id}`)).json;
    expect(row).toMatchObject({ ...first, acknowledged_at: null, notes: null });
    expect(JSON.parse(row.payload)).toMatchObject({ type: 'order.paid', data: { context: body.context } });
  });

  test('queues a delivery for every webhook that matches', async () => {
    await http.post('/api/v1/webhooks', { name: 'a', url: 'https://example.com', events: ['match.*'] });
    await http.post('/api/v1/webhooks', { name: 'b', url: 'https://example.com', events: ['match.it'] });
    expect((await raise({ alert_type: 'match.it' })).delivery_count).toBe(2);
    expect((await raise({ alert_type: 'match.other' })).delivery_count).toBe(1);
  });

  const wrong: [string, unknown, string][] = [
    ['no message', {}, '/message'],
    ['an empty message', { message: '' }, '/message'],
    ['a message that is too long', { message: 'x'.repeat(10_001) }, '/message'],
    ['a type with a blank', { message: 'x', alert_type: 'a b' }, '/alert_type'],
    ['an unknown severity', { message: 'x', severity: 'info' }, '/severity'],
    ['a context that is a list', { message: 'x', context: [] }, '/context'],
    ['a context that is too large', { message: 'x', context: { a: 'x'.repeat(300_000) } }, '/context'],
    ['a misspelt field', { message: 'x', serverity: 'INFO' }, '/serverity'],
    ['a character that cannot be stored', { message: 'x\u0000' }, ''],
    ['such a character within the context', { message: 'x', context: { a: ['\u0000'] } }, ''],
    ['a list', [{ message: 'x' }], ''],
  ];
  test.each(wrong)('refuses %s, and raises nothing', async (_, body, pointer) => {
    const before = await countAlerts();
    const { status, json } = await http.post(path, body);
    expect(status).toBe(422);
    if (pointer !== '') expect(json.errors[0].pointer).toBe(pointer);
    expect(await countAlerts()).toBe(before);
  });
});

describe('the idempotency-key of POST /alerts', () => {
  const key = (text: string) => ({ 'idempotency-key': text });

  test('gives the same bytes again, also when the alert has changed meanwhile', async () => {
    const body = { message: 'Once', context: { b: 1, a: 2 } };
    const first = await http.post(path, body, key('once'));
    await http.post(`${path}/${first.json.id}/ack`, { notes: 'seen' });
    const again = await http.post(path, body, key('once'));
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect((await http.get(`${path}?q=Once`)).json.total).toBe(1);
  });

  test('is refused for another request', async () => {
    await http.post(path, { message: 'One' }, key('two'));
    const { status, json } = await http.post(path, { message: 'Another' }, key('two'));
    expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer: '/idempotency_key' });
  });

  test('makes one alert of many requests at once', async () => {
    const send = () => http.post(path, { message: 'At once' }, key('at once'));
    const ids = (await Promise.all(Array.from({ length: 20 }, send))).map(({ json }) => json.id);
    expect(new Set(ids).size).toBe(1);
  });

  test('that is too long is refused', async () => {
    expect((await http.post(path, { message: 'x' }, key('k'.repeat(256)))).status).toBe(422);
  });
});

describe('POST /alerts/batch', () => {
  test('raises a list in its order, bare or under alerts', async () => {
    const list = [{ message: 'first' }, { message: 'second', severity: 'WARNING' }];
    for (const body of [list, { alerts: list }]) {
      const { status, json } = await http.post(`${path}/batch`, body);
      expect({ status, count: json.count }).toEqual({ status: 201, count: 2 });
      const rows = await Promise.all(json.alert_ids.map((id: number) => http.get(`${path}/${id}`)));
      expect(rows.map((row) => row.json.message)).toEqual(['first', 'second']);
    }
  });

  test('raises a thousand', async () => {
    const list = Array.from({ length: 1000 }, (_, i) => ({ message: `m${i}`, alert_type: 'bulk' }));
    const { json } = await http.post(`${path}/batch`, list);
    expect(json.alert_ids.toSorted((a: number, b: number) => a - b)).toEqual(json.alert_ids);
    expect((await http.get(`${path}?alert_type=bulk`)).json.total).toBe(1000);
  });

  test('raises none when one is wrong, and points at it', async () => {
    const before = await countAlerts();
    const list = [{ message: 'fine' }, { message: 'fine' }, { message: 'x', severity: 'LOUD' }];
    const { status, json } = await http.post(`${path}/batch`, list);
    expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer: '/2/severity' });
    const large = { message: 'x', context: { a: 'x'.repeat(300_000) } };
    expect((await http.post(`${path}/batch`, [{ message: 'fine' }, large])).json.errors[0].pointer).toBe('/1/context');
    expect(await countAlerts()).toBe(before);
  });

  test('refuses an empty list and one of 1,001', async () => {
    expect((await http.post(`${path}/batch`, [])).status).toBe(422);
    const many = Array.from({ length: 1001 }, () => ({ message: 'x' }));
    expect((await http.post(`${path}/batch`, many)).status).toBe(422);
  });

  test('with an idempotency-key gives the first ids again', async () => {
    const send = () => http.post(`${path}/batch`, [{ message: 'a' }, { message: 'b' }], { 'idempotency-key': 'batch' });
    expect((await send()).text).toBe((await send()).text);
  });
});

describe('GET /alerts', () => {
  test('filters by status, severity, type, time and words', async () => {
    const one = await raise({ message: 'Needle one', severity: 'WARNING', alert_type: 'filter.a' });
    const two = await raise({ message: 'Needle two', severity: 'CRITICAL', alert_type: 'filter.b' });
    await http.post(`${path}/${two.id}/resolve`);
    const ids = async (query: string) =>
      (await http.get(`${path}?${query}`)).json.items.map((row: { id: number }) => row.id);
    expect(await ids('q=needle')).toEqual([two.id, one.id]);
    expect(await ids('q=needle&status=resolved')).toEqual([two.id]);
    expect(await ids('q=needle&severity=WARNING')).toEqual([one.id]);
    expect(await ids('alert_type=filter.a')).toEqual([one.id]);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect(await ids(`q=needle&since=${tomorrow}`)).toEqual([]);
    expect(await ids(`q=needle&until=${tomorrow}&since=2025-06-01`)).toEqual([two.id, one.id]);
    expect(await ids('q=needle&since=2025-06-01T00:00:00%2B02:00')).toHaveLength(2);
  });

  test.each(['since=yesterday', 'since=2026-13-01', 'until=5', 'status=open', 'severity=info', 'colour=red'])(
    'refuses %s',
    async (query) => {
      const { status, json } = await http.get(`${path}?${query}`);
      expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer: `/${query.split('=')[0]}` });
    },
  );
});

describe('acknowledging and resolving', () => {
  test('keep who, when and notes; twice is as once', async () => {
    const { id } = await raise();
    const acknowledged = await http.post(`${path}/${id}/ack`, { notes: 'on it' });
    expect(acknowledged).toMatchObject({
      status: 200,
      json: { id, status: 'acknowledged', acknowledged_by: 'development', notes: 'on it' },
    });
    expect((await http.post(`${path}/${id}/ack`)).text).toBe(acknowledged.text);
    const resolved = await http.post(`${path}/${id}/resolve`, {});
    expect(resolved.json).toMatchObject({ status: 'resolved', resolved_by: 'development', notes: 'on it' });
    expect((await http.post(`${path}/${id}/resolve`)).text).toBe(resolved.text);
  });

  test('of an alert that is resolved is a conflict, of one that is not there 404', async () => {
    const { id } = await raise();
    await http.post(`${path}/${id}/resolve`);
    const late = await http.post(`${path}/${id}/ack`);
    expect({ status: late.status, code: late.json.error_code }).toEqual({ status: 409, code: 'STATE_CONFLICT' });
    expect((await http.post(`${path}/1/ack`)).status).toBe(404);
    expect((await http.post(`${path}/1/resolve`)).status).toBe(404);
  });

  test('of several at once counts what could not be acknowledged', async () => {
    const alert_ids = [(await raise()).id, (await raise()).id, (await raise()).id];
    expect((await http.post(`${path}/acknowledge`, { alert_ids })).json).toEqual({ acknowledged: 3, failed: 0 });
    const { json } = await http.post(`${path}/acknowledge`, { alert_ids: [alert_ids[0], 1] });
    expect(json).toEqual({ acknowledged: 1, failed: 1 });
    expect((await http.post(`${path}/acknowledge`, { alert_ids: [] })).status).toBe(422);
    expect((await http.post(`${path}/acknowledge`, { alert_ids: ['1'] })).json.errors[0].pointer).toBe('/alert_ids/0');
  });

  test('or resolution of several at once takes notes, counts those that are not there, and frees their dedupe keys', async () => {
    const alert_ids = [(await raise({ dedupe_key: 'many' })).id, (await raise()).id];
    const notes = 'all at once';
    expect((await http.post(`${path}/acknowledge`, { alert_ids, notes })).json).toEqual({ acknowledged: 2, failed: 0 });
    const { json } = await http.post(`${path}/resolve`, { alert_ids: [...alert_ids, 1], notes: 'over' });
    expect(json).toEqual({ resolved: 2, failed: 1 });
    for (const id of alert_ids) {
      expect((await http.get(`${path}/${id}`)).json).toMatchObject({ status: 'resolved', notes: 'over' });
    }
    expect(alert_ids).not.toContain((await raise({ dedupe_key: 'many' })).id);
    expect((await http.post(`${path}/acknowledge`, { alert_ids })).json).toEqual({ acknowledged: 0, failed: 2 });
    expect((await http.post(`${path}/resolve`, { alert_ids: [] })).status).toBe(422);
  });
});

describe('GET /alerts/{id}', () => {
  test('of one that is not there answers 404, and so do its deliveries and reasons', async () => {
    for (const part of ['', '/deliveries', '/why']) expect((await http.get(`${path}/1${part}`)).status).toBe(404);
  });
});

describe('GET /alerts/{id}/why and /deliveries', () => {
  test('tell of each webhook what became of the alert', async () => {
    const hook = (name: string, events: string[]) =>
      http.post('/api/v1/webhooks', { name, events, url: 'https://example.com' });
    const taker = (await hook('taker', ['why.*'])).json.id;
    const other = (await hook('other', ['never.*'])).json.id;
    const { id } = await raise({ alert_type: 'why.so' });
    const why = (await http.get(`${path}/${id}/why`)).json.items;
    const byWebhook = new Map(why.map((row: { webhook_id: number }) => [row.webhook_id, row]));
    expect(byWebhook.get(taker)).toMatchObject({ webhook_name: 'taker', outcome: 'pending' });
    expect(byWebhook.get(other)).toMatchObject({ webhook_name: 'other', outcome: 'not_matched', delivery_id: null });
    const one = await http.get(`${path}/${id}/why?webhook_id=${other}`);
    expect(one.json.items.map((row: { webhook_id: number }) => row.webhook_id)).toEqual([other]);
    const { items } = (await http.get(`${path}/${id}/deliveries`)).json;
    expect(items).toMatchObject([{ alert_id: id, webhook_id: taker, status: 'pending', attempt_count: 0 }]);
  });
});
