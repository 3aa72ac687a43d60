// The routes under /tenants, and what a platform caller does in the tenants by x-tenant.
import { describe, expect, test } from 'bun:test';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { testHttp } from '../support/http.ts';

const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 100, bytesMax: 1_000_000, ttlMs: 60_000 });
const config = { environment: 'production', secretKey: 's'.repeat(32), rateLimit: 1_000_000 } as const;
const http = await testHttp({ config, epochs, cache });
const path = '/api/v1/tenants';
const platform = await http.bearer({ role: 'platform', subject: 'ops' });
const create = (name: string) => http.post(path, { name }, platform);
const within = (tenant: string) => ({ ...platform, 'x-tenant': tenant });

describe('POST /tenants', () => {
  test('answers 201 with the tenant and where it is, and 409 for a name that is taken', async () => {
    const { status, json, headers } = await create('acme');
    expect({ status, name: json.name }).toEqual({ status: 201, name: 'acme' });
    expect((await http.get(headers.get('location') ?? '', platform)).json).toEqual(json);
    expect((await create('acme')).json.error_code).toBe('ALREADY_EXISTS');
    const names = (await http.get(path, platform)).json.items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['default', 'acme']);
  });

  test.each(['', 'Acme', '-', 'a b', '../x', 'x'.repeat(64), 'ä'])('refuses the name %p', async (name) => {
    const { status, json, text } = await create(name);
    expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer: '/name' });
    if (name.length > 2) expect(text).not.toContain(name);
  });
});

describe('x-tenant', () => {
  test('lets a platform caller do in a tenant what its admins do, and in no other', async () => {
    await create('shop');
    const made = await http.post('/api/v1/webhooks', { name: 'theirs', url: 'https://example.com' }, within('shop'));
    expect(made.status).toBe(201);
    const namesIn = async (headers: Record<string, string>) =>
      (await http.get('/api/v1/webhooks', headers)).json.items.map(({ name }: { name: string }) => name);
    expect(await namesIn(within('shop'))).toEqual(['theirs']);
    expect(await namesIn(within('default'))).toEqual([]);
    expect(await namesIn(platform)).toEqual([]);
    expect(await namesIn(await http.bearer({ tenant: 'shop', role: 'viewer' }))).toEqual(['theirs']);
    expect((await http.get(`/api/v1/webhooks/${made.json.id}`, platform)).status).toBe(404);
  });

  test('gives admins of a new tenant their keys', async () => {
    await create('fresh');
    const { json } = await http.post('/api/v1/api-keys', { name: 'first', role: 'admin' }, within('fresh'));
    const key = { authorization: `Bearer ${json.key}` };
    expect((await http.post('/api/v1/webhooks', { name: 'w', url: 'https://example.com' }, key)).status).toBe(201);
    expect((await http.get(path, key)).status).toBe(403);
  });

  test.each(['nobody', '', 'DEFAULT', "default'--", '1'])('with %p is refused', async (name) => {
    const { status } = await http.get('/api/v1/webhooks', within(name));
    expect(status).toBe(403);
  });
});

describe('DELETE /tenants/{name}', () => {
  test('ends everything that acts in it at once, and frees its name for a tenant that sees nothing of it', async () => {
    await create('gone');
    const admin = await http.bearer({ tenant: 'gone' });
    const { json } = await http.post('/api/v1/api-keys', { name: 'k', role: 'viewer' }, admin);
    const key = { authorization: `Bearer ${json.key}` };
    await http.post('/api/v1/webhooks', { name: 'w', url: 'https://example.com' }, admin);
    await http.post('/api/v1/alerts', { message: 'm' }, admin);
    for (const headers of [admin, key, within('gone')])
      expect((await http.get('/api/v1/alerts', headers)).status).toBe(200);
    expect((await http.send('DELETE', `${path}/gone`, undefined, platform)).status).toBe(204);
    expect((await http.get('/api/v1/alerts', admin)).status).toBe(403);
    expect((await http.get('/api/v1/alerts', key)).status).toBe(401);
    expect((await http.get('/api/v1/alerts', within('gone'))).status).toBe(403);
    expect((await http.get(`${path}/gone`, platform)).status).toBe(404);
    await create('gone');
    for (const noun of ['alerts', 'webhooks', 'deliveries', 'api-keys']) {
      expect((await http.get(`/api/v1/${noun}`, admin)).json).toMatchObject({ items: [], total: 0 });
    }
    expect((await http.get('/api/v1/alerts', key)).status).toBe(401);
  });

  test('refuses the tenant default, and an unknown one', async () => {
    expect((await http.send('DELETE', `${path}/default`, undefined, platform)).json.error_code).toBe('STATE_CONFLICT');
    expect((await http.send('DELETE', `${path}/nobody`, undefined, platform)).status).toBe(404);
  });
});
