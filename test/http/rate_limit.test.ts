// Rate limits over HTTP: who is counted with whom, what every answer says of it, and what is not counted.
import { afterAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { readConfig } from '../../src/config.ts';
import { makeApiKey } from '../../src/http/api_key.ts';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { SharedRateCounter } from '../../src/store/shared_rate_counter.ts';
import { type Answer, testHttp } from '../support/http.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { until } from '../support/wait.ts';

const config = {
  environment: 'production',
  secretKey: 's'.repeat(32),
  rateLimit: 10,
  rateLimitWindowSeconds: 3_600,
} as const;
const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 100, bytesMax: 1_000_000, ttlMs: 60_000 });
const http = await testHttp({ config, epochs, cache });
const { sql, api } = http;
const path = '/api/v1/webhooks';

let people = 0;
const newcomer = () => http.bearer({ subject: `person ${++people}` });
const limitsOf = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`) ?? 'NaN'));

describe('every answer', () => {
  test('says the limit, what is left of it, and when it is whole again', async () => {
    const bearer = await newcomer();
    const calls: [string, string, number, object?][] = [
      ['GET', path, 200],
      ['GET', path, 200],
      ['GET', `${path}/4711`, 404],
      ['GET', `${path}?page=0`, 422],
      ['POST', path, 422, {}],
      ['DELETE', '/api/v1/tenants/default', 403],
    ];
    for (const [i, [method, at, status, body]] of calls.entries()) {
      const answer = await http.send(method, at, body, bearer);
      expect(answer.status).toBe(status);
      const [limit, remaining, reset = 0] = limitsOf(answer);
      expect([limit, remaining]).toEqual([10, 9 - i]);
      expect(reset - Date.now() / 1000).toBeWithin((i + 1) * 360 - 10, (i + 1) * 360 + 2);
    }
  });

  test('counts also when it comes from the cache, or is that nothing has changed', async () => {
    const bearer = await newcomer();
    const first = await http.get(`${path}?q=cached`, bearer);
    const second = await http.get(`${path}?q=cached`, bearer);
    const third = await http.get(`${path}?q=cached`, { ...bearer, 'if-none-match': first.headers.get('etag') ?? '' });
    expect([first, second, third].map(({ status }) => status)).toEqual([200, 200, 304]);
    expect([second, third].map(({ headers }) => headers.get('x-cache'))).toEqual(['l1', 'l1']);
    expect([first, second, third].map((answer) => limitsOf(answer)[1])).toEqual([9, 8, 7]);
  });
});

describe('a caller over the limit', () => {
  test('gets 429 with the time to wait, and what was asked for is not done', async () => {
    const bearer = await newcomer();
    for (let i = 0; i < 10; i++) expect((await http.get(path, bearer)).status).toBe(200);
    const answer = await http.post('/api/v1/alerts', { message: 'one too many' }, bearer);
    expect(answer).toMatchObject({ status: 429, json: { error_code: 'RATE_LIMITED' } });
    expect(limitsOf(answer).slice(0, 2)).toEqual([10, 0]);
    expect(Number(answer.headers.get('retry-after'))).toBeWithin(300, 361);
    expect((await http.get(path, bearer)).status).toBe(429);
    expect(await sql`select from tocsin_data.alerts where message = 'one too many'`).toHaveLength(0);
  });

  test('is no other caller, and has no more by another token or tenant header', async () => {
    const name = 'one person';
    for (let i = 0; i < 10; i++)
      await http.get(path, await http.bearer({ subject: name, expiresAtMs: Date.now() + (i + 1) * 60_000 }));
    expect((await http.get(path, await http.bearer({ subject: name, role: 'viewer' }))).status).toBe(429);
    const platform = await http.bearer({ subject: name, role: 'platform' });
    expect((await http.get(path, { ...platform, 'x-tenant': 'default' })).status).toBe(429);
    expect((await http.get(path, await newcomer())).status).toBe(200);
    await api.tenants.create_tenant({ p_name: 'other' });
    expect((await http.get(path, await http.bearer({ subject: name, tenant: 'other' }))).status).toBe(200);
  });
});

describe('an API key', () => {
  const create = async (p_rate_limit?: number) => {
    const { text, hash, prefix } = makeApiKey();
    const key = { p_tenant_id: 1, p_name: 'k', p_role: 'viewer', p_key_hash: hash, p_key_prefix: prefix };
    await api.api_keys.create_api_key({ ...key, p_rate_limit });
    return { authorization: `Bearer ${text}` };
  };

  test('has the limit that it was given, or that of everyone', async () => {
    expect(limitsOf(await http.get(path, await create(5_000))).slice(0, 2)).toEqual([5_000, 4_999]);
    expect(limitsOf(await http.get(path, await create())).slice(0, 2)).toEqual([10, 9]);
    const tight = await create(1);
    expect((await http.get(path, tight)).status).toBe(200);
    expect((await http.get(path, tight)).status).toBe(429);
  });
});

describe('a stranger', () => {
  test('is counted by address, answered 401 and then 429, and takes nothing from those who are known', async () => {
    const guess = () => http.get(path, { authorization: 'Bearer guess' });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await guess()).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const late = await guess();
    expect(late.headers.get('retry-after')).not.toBeNull();
    expect(limitsOf(late).slice(0, 2)).toEqual([10, 0]);
    expect((await http.get(path, await newcomer())).status).toBe(200);
  });
});

describe('what needs no credentials', () => {
  test('is not counted: probes come as often as they like', async () => {
    for (let i = 0; i < 30; i++) expect((await http.get('/health')).status).toBe(200);
    expect((await http.get('/health')).headers.has('x-ratelimit-limit')).toBe(false);
  });
});

describe('in development', () => {
  test('whoever has no credentials meets no limit, unless RATE_LIMIT is set', async () => {
    const easy = await testHttp({ sql });
    for (let i = 0; i < 150; i++) expect((await easy.get(path)).status).toBe(200);
    expect((await easy.get(path, await easy.bearer())).headers.get('x-ratelimit-limit')).toBe('100');
    const { rateLimit, rateLimitDevelopment } = readConfig({ RATE_LIMIT: '3' });
    const strict = await testHttp({ sql, config: { rateLimit, rateLimitDevelopment } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await strict.get(path)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe.skipIf(!hasRedis)('two servers with one Redis', async () => {
  if (!hasRedis) return;
  const redis = await startRedis();
  const serve = async () => {
    const client = new Redis(redis.url, { enableOfflineQueue: false });
    client.on('error', () => undefined);
    afterAll(() => client.disconnect());
    await until(() => client.status === 'ready');
    return await testHttp({ sql, config: { ...config, rateLimit: 20 }, rates: new SharedRateCounter(client, 10_000) });
  };
  const servers = [await serve(), await serve()] as const;

  test('count a caller together', async () => {
    const bearer = await newcomer();
    const statuses = [];
    for (let i = 0; i < 30; i++) statuses.push((await (i % 2 ? servers[0] : servers[1]).get(path, bearer)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.slice(20).every((status) => status === 429)).toBe(true);
  });

  test('go on each alone when it is away', async () => {
    await redis.kill();
    const bearer = await newcomer();
    for (const server of servers) {
      const statuses = [];
      for (let i = 0; i < 22; i++) statuses.push((await server.get(path, bearer)).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    }
  });
});
