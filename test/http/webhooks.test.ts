// The routes under /webhooks.
import { describe, expect, test } from 'bun:test';
import { readSecret } from '../../src/store/secrets.ts';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const path = '/api/v1/webhooks';
const wanted = { name: 'orders', url: 'https://example.com/in' };

const create = async (body: object = {}) => (await http.post(path, { ...wanted, ...body })).json;
const secretsOf = async (id: number) => {
  const [target] = await http.api.workers.get_delivery_targets({ p_webhook_ids: [id] });
  return target?.secrets_sealed.map((sealed) => http.vault.open(sealed, 'webhook_secret'));
};

describe('GET /webhooks', () => {
  test('of an empty system answers no items and a total of zero', async () => {
    const { status, json } = await http.get(path);
    expect(status).toBe(200);
    expect(json).toEqual({ items: [], total: 0, page: 1, page_size: 20, pages: 0, next_cursor: null });
  });
});

describe('POST /webhooks', () => {
  test('needs only name and url, and answers 201 with the defaults, where it is, and a secret', async () => {
    const { status, json, headers } = await http.post(path, wanted);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${path}/${json.id}`);
    expect(json).toMatchObject({
      ...wanted,
      description: null,
      is_active: true,
      events: ['*'],
      min_severity: 'INFO',
      filter: null,
      header_names: [],
      retry_policy: {},
      timeout_seconds: 30,
      ssl_verify: true,
      rate_limit_per_second: null,
      max_in_flight: 10,
      ordered: false,
      format: 'standard',
      health_status: 'unknown',
      total_deliveries: 0,
      pending_deliveries: 0,
    });
    expect(readSecret(json.secret)).toMatchObject({ ok: true });
    expect(await secretsOf(json.id)).toEqual([json.secret]);
  });

  test('takes every setting of the contract', async () => {
    const settings = {
      description: 'For the shop',
      is_active: false,
      events: ['order.*', 'user.created'],
      min_severity: 'WARNING',
      filter: { 'context.amount': { gte: 100 } },
      retry_policy: { max_retries: 3, backoff_base: 2.5, max_backoff: 60, schedule: [1, 2.5] },
      timeout_seconds: 5,
      ssl_verify: false,
      rate_limit_per_second: 0.1,
      max_in_flight: 3,
      ordered: true,
      format: 'slack',
    };
    const { secret, ...row } = await create(settings);
    expect(row).toMatchObject(settings);
    expect((await http.get(`${path}/${row.id}`)).json).toEqual(row);
  });

  test('keeps a secret that the caller brings, and shows it and header values to nobody again', async () => {
    const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
    const row = await create({ secret, headers: { 'X-Api-Key': 'hush-hush', Authorization: 'Bearer t0ken' } });
    expect(row).toMatchObject({ secret, header_names: ['authorization', 'x-api-key'] });
    for (const seen of [await http.get(`${path}/${row.id}`), await http.get(path)]) {
      expect(seen.text).not.toMatch(/whsec_|hush-hush|t0ken/);
    }
    const [target] = await http.api.workers.get_delivery_targets({ p_webhook_ids: [row.id] });
    const opened = JSON.parse(http.vault.open(target?.headers_sealed ?? '', 'webhook_headers'));
    expect(opened).toEqual({ 'x-api-key': 'hush-hush', authorization: 'Bearer t0ken' });
    expect(http.logged.join('')).not.toMatch(/whsec_|hush-hush|t0ken/);
  });

  test.each([
    ['http://10.1.2.3/', 'a private address. If this is meant, add its network to ALLOWED_NETWORKS'],
    [
      'http://169.254.169.254/',
      'a cloud metadata address. If this is meant, add exactly this address to ALLOWED_NETWORKS',
    ],
  ])('says of %s which setting would allow it', async (url, words) => {
    const { json } = await http.post(path, { ...wanted, url });
    expect(json.errors).toEqual([{ pointer: '/url', detail: expect.stringContaining(words) }]);
  });

  test('names no setting where none would help', async () => {
    const { json } = await http.post(path, { ...wanted, url: 'http://224.0.0.1/' });
    expect(json.errors).toEqual([{ pointer: '/url', detail: 'The url cannot be used: a multicast address.' }]);
  });

  const wrong: [string, object, string][] = [
    ['no name', { name: undefined }, '/name'],
    ['a blank name', { name: '   ' }, '/name'],
    ['no url', { url: undefined }, '/url'],
    ['a url of another scheme', { url: 'ftp://example.com' }, '/url'],
    ['a url that is none', { url: 'example.com' }, '/url'],
    ['a url with a password', { url: 'https://u:p@example.com' }, '/url'],
    ['a private address', { url: 'http://10.1.2.3/x' }, '/url'],
    ['a metadata address in disguise', { url: 'http://0xa9fea9fe/' }, '/url'],
    ['a misspelt field', { evnets: ['*'] }, '/evnets'],
    ['a number as text', { max_in_flight: '5' }, '/max_in_flight'],
    ['a pattern with a star in its middle', { events: ['order.*', 'a*b'] }, '/events/1'],
    ['no events', { events: [] }, '/events'],
    ['an unknown severity', { min_severity: 'LOUD' }, '/min_severity'],
    ['a filter with an unknown operator', { filter: { 'context.a': { regex: '.*' } } }, '/filter/context.a/regex'],
    ['a retry policy that never ends', { retry_policy: { max_retries: 1000 } }, '/retry_policy/max_retries'],
    ['an unknown part of a retry policy', { retry_policy: { tries: 1 } }, '/retry_policy/tries'],
    ['a timeout beyond the lease', { timeout_seconds: 121 }, '/timeout_seconds'],
    ['a rate of zero', { rate_limit_per_second: 0 }, '/rate_limit_per_second'],
    ['an unknown format', { format: 'fax' }, '/format'],
    ['a short secret', { secret: `whsec_${Buffer.from('x'.repeat(24)).toString('base64')}=` }, '/secret'],
    ['a header that breaks out of its line', { headers: { 'x-a': 'b\r\nx-evil: 1' } }, '/headers'],
    ['a header name with a blank', { headers: { 'x a': 'b' } }, '/headers'],
    ['a header of the signature', { headers: { 'Webhook-Signature': 'v1,x' } }, '/headers'],
    ['a header twice', { headers: { 'x-a': '1', 'X-A': '2' } }, '/headers'],
  ];
  test.each(wrong)('refuses %s, points at it, and creates nothing', async (_, change, pointer) => {
    const before = await http.api.webhooks.count_webhooks({ p_tenant_id: 1 });
    const { status, json } = await http.post(path, { ...wanted, ...change });
    expect(status).toBe(422);
    expect(json.error_code).toBe('VALIDATION_ERROR');
    expect(json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(await http.api.webhooks.count_webhooks({ p_tenant_id: 1 })).toBe(before);
  });

  test('says what is wanted, of several fields at once', async () => {
    const { json } = await http.post(path, { name: 5, url: 7, max_in_flight: 0, min_severity: 'X', events: 'all' });
    const details = Object.fromEntries(
      json.errors.map((error: Record<string, string>) => [error.pointer, error.detail]),
    );
    expect(details).toEqual({
      '/name': 'name must be a text of 1 to 200 characters.',
      '/url': 'url must be a text of 1 to 2048 characters.',
      '/max_in_flight': 'max_in_flight must be a whole number from 1 to 1000.',
      '/min_severity': 'min_severity must be "INFO" or "WARNING" or "CRITICAL" or null.',
      '/events': 'events must be a list with 1 to 100 entries.',
    });
  });
});

describe.each(['PUT', 'PATCH'])('%s /webhooks/{id}', (method) => {
  test('changes any subset of the fields and leaves the others', async () => {
    const { secret, ...before } = await create({ description: 'x', max_in_flight: 4 });
    const { status, json } = await http.send(method, `${path}/${before.id}`, { name: 'renamed', events: ['a.b'] });
    expect(status).toBe(200);
    expect(json).toEqual({ ...before, name: 'renamed', events: ['a.b'], updated_at: json.updated_at });
    expect(json.updated_at > before.updated_at).toBe(true);
    expect(await secretsOf(before.id)).toEqual([secret]);
  });

  test('clears with null what may be empty, and refuses it elsewhere', async () => {
    const full = { description: 'x', filter: { severity: 'INFO' }, rate_limit_per_second: 5, headers: { 'x-a': 'b' } };
    const { id } = await create({ ...full, retry_policy: { max_retries: 1 } });
    const nothing = { description: null, filter: null, rate_limit_per_second: null };
    const { json } = await http.send(method, `${path}/${id}`, { ...nothing, headers: null, retry_policy: null });
    expect(json).toMatchObject({ ...nothing, header_names: [], retry_policy: {} });
    expect((await http.send(method, `${path}/${id}`, { name: null })).status).toBe(422);
  });

  test('takes back a whole answer with a change in it', async () => {
    const { id } = await create({ events: ['a'] });
    const row = (await http.get(`${path}/${id}`)).json;
    const { status, json } = await http.send(method, `${path}/${id}`, { ...row, events: ['b'] });
    expect(status).toBe(200);
    expect(json).toEqual({ ...row, events: ['b'], updated_at: json.updated_at });
  });

  test('with a secret keeps the old one valid for a day', async () => {
    const { id, secret } = await create();
    const next = `whsec_${Buffer.alloc(32, method).toString('base64')}`;
    await http.send(method, `${path}/${id}`, { secret: next });
    expect(await secretsOf(id)).toEqual([next, secret]);
  });

  test('changes nothing when any field is wrong', async () => {
    const { secret, ...before } = await create();
    const { status } = await http.send(method, `${path}/${before.id}`, { name: 'new', timeout_seconds: 0 });
    expect(status).toBe(422);
    expect((await http.get(`${path}/${before.id}`)).json).toEqual(before);
  });

  test('of a webhook that is not there answers 404', async () => {
    expect((await http.send(method, `${path}/999999`, { name: 'x' })).status).toBe(404);
  });
});

describe('DELETE /webhooks/{id}', () => {
  test('answers 204 once, then 404, and the webhook is gone from every list', async () => {
    const { id } = await create({ name: 'doomed' });
    const gone = await http.send('DELETE', `${path}/${id}`);
    expect(gone).toMatchObject({ status: 204, text: '' });
    expect((await http.send('DELETE', `${path}/${id}`)).status).toBe(404);
    expect((await http.get(`${path}/${id}`)).status).toBe(404);
    expect((await http.get(`${path}?q=doomed`)).json.items).toEqual([]);
    expect(await secretsOf(id)).toBeUndefined();
  });
});

describe('filters of GET /webhooks', () => {
  test('find by what is active, by health, by event and by words', async () => {
    const one = await create({ name: 'Billing hook', events: ['bill.*'] });
    const two = await create({
      name: 'Second',
      url: 'https://billing.example/',
      events: ['bill.paid'],
      is_active: false,
    });
    const ids = async (query: string) =>
      (await http.get(`${path}?page_size=100&${query}`)).json.items.map((row: { id: number }) => row.id);
    expect(await ids('q=BILLING')).toEqual([one.id, two.id]);
    expect(await ids('q=billing&is_active=false')).toEqual([two.id]);
    expect(await ids('q=billing&event=bill.paid')).toEqual([one.id, two.id]);
    expect(await ids('q=billing&event=bill.sent')).toEqual([one.id]);
    expect(await ids('q=billing&health_status=unknown')).toEqual([one.id, two.id]);
    expect(await ids('q=billing&health_status=healthy')).toEqual([]);
    expect(await ids('q=%25')).toEqual([]);
  });
});
