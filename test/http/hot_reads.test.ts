// Reads that the cache answers: as exact, as guarded and as limited as those that reach their route.
import { describe, expect, test } from 'bun:test';
import { rolesNeeded } from '../../src/http/roles.ts';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { testHttp } from '../support/http.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase();
const makeCached = () => {
  const epochs = new Epochs();
  return { epochs, cache: new Cache({ epochs, itemsMax: 1_000, bytesMax: 1e7, ttlMs: 60_000 }) };
};
const { cache, epochs } = makeCached();
const http = await testHttp({ sql, cache, epochs });
const guarded = await testHttp({
  sql,
  ...makeCached(),
  config: { environment: 'production', rateLimit: 5, rateLimitWindowSeconds: 3_600 },
});
const open = await testHttp({ sql, ...makeCached(), config: { environment: 'production' } });
const { id } = (await http.post('/api/v1/webhooks', { name: 'first', url: 'https://receiver.test/' })).json;
await sql`insert into tocsin_data.tenants (name) values ('acme')`;

const sourceOf = async (path: string) => (await http.get(path)).headers.get('x-cache');
const forget = () => http.post('/api/v1/cache/invalidate/all');

describe('a read', () => {
  test('is loaded once, then answered from memory with the same bytes and tag', async () => {
    await forget();
    const [first, second] = [await http.get('/api/v1/webhooks'), await http.get('/api/v1/webhooks')];
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['miss', 'l1']);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(second.headers.get('cache-control')).toBe('private, no-cache');
    expect(second.headers.get('content-type')).toBe('application/json');
  });

  test('of what the caller has is answered 304 from memory, without a body', async () => {
    const etag = (await http.get(`/api/v1/webhooks/${id}`)).headers.get('etag') as string;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const { status, text, headers } = await http.get(`/api/v1/webhooks/${id}`, { 'if-none-match': known });
      expect([status, text, headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await http.get(`/api/v1/webhooks/${id}`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('that many ask for at once is loaded once', async () => {
    await forget();
    const before = cache.stats().misses;
    const answers = await Promise.all(Array.from({ length: 50 }, () => http.get('/api/v1/alerts')));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(cache.stats().misses - before).toBe(1);
  });

  test('of what does not exist is remembered, and forgotten when it exists', async () => {
    const next = `/api/v1/webhooks/${id + 1}`;
    const before = cache.stats().misses;
    const [first, second] = [await http.get(next), await http.get(next)];
    expect([first.status, second.status]).toEqual([404, 404]);
    expect(second.json).toEqual({ ...first.json, timestamp: expect.any(String) });
    expect(second.headers.get('content-type')).toBe('application/problem+json');
    expect(second.headers.get('etag')).toBeNull();
    expect(cache.stats().misses - before).toBe(1);
    await http.post('/api/v1/webhooks', { name: 'second', url: 'https://receiver.test/' });
    expect((await http.get(next)).status).toBe(200);
  });

  test('that is refused is not kept', async () => {
    for (let i = 0; i < 2; i++) {
      expect((await http.get('/api/v1/webhooks?page_size=1000')).status).toBe(422);
      expect((await http.get('/api/v1/alerts?since=yesterday')).status).toBe(422);
    }
    expect(cache.keys().filter((key) => /1000|yesterday/.test(key))).toEqual([]);
  });

  test('of a path that looks like a part of JavaScript is one that does not exist', async () => {
    for (const noun of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      expect([noun, (await http.get(`/api/v1/${noun}`)).status]).toEqual([noun, 404]);
  });
});

describe('after a write', () => {
  test('everything that it changed is read anew, and what it did not touch is not', async () => {
    const paths = ['/api/v1/webhooks', `/api/v1/webhooks/${id}`, '/api/v1/alerts', '/api/v1/deliveries'];
    const sources = () => Promise.all(paths.map(sourceOf));
    await forget();
    await sources();
    expect((await http.send('PATCH', `/api/v1/webhooks/${id}`, { name: 'renamed' })).status).toBe(200);
    expect((await http.get(`/api/v1/webhooks/${id}`)).json.name).toBe('renamed');
    expect((await http.get('/api/v1/webhooks')).text).toContain('renamed');

    await sources();
    const alert = (await http.post('/api/v1/alerts', { message: 'new' })).json;
    expect((await http.get('/api/v1/alerts')).json.items[0].message).toBe('new');
    expect((await http.get('/api/v1/deliveries')).json.items[0].alert_id).toBe(alert.id);
    expect((await http.get(`/api/v1/webhooks/${id}`)).json.pending_deliveries).toBe(1);

    await http.post(`/api/v1/alerts/${alert.id}/ack`, { notes: 'seen' });
    expect((await http.get('/api/v1/alerts')).json.items[0].status).toBe('acknowledged');
    expect((await http.get(`/api/v1/alerts/${alert.id}`)).json.acknowledged_by).toBe('development');

    await http.send('DELETE', `/api/v1/webhooks/${id + 1}`);
    expect((await http.get(`/api/v1/webhooks/${id + 1}`)).status).toBe(404);
  });

  test('of one tenant, those of another keep their answers', async () => {
    const acme = await open.bearer({ tenant: 'acme' });
    await open.get('/api/v1/webhooks', acme);
    await open.post('/api/v1/webhooks', { name: 'x', url: 'https://receiver.test/' }, await open.bearer());
    expect((await open.get('/api/v1/webhooks', acme)).headers.get('x-cache')).toBe('l1');
  });

  test('that was refused, answers stay as they are', async () => {
    await sourceOf('/api/v1/webhooks');
    expect((await http.send('PATCH', `/api/v1/webhooks/${id}`, { nme: 'x' })).status).toBe(422);
    expect(await sourceOf('/api/v1/webhooks')).toBe('l1');
  });
});

describe('a cached answer', () => {
  test('is given to nobody without credentials, or of another tenant', async () => {
    const bearer = await open.bearer();
    const { text } = await open.get('/api/v1/webhooks', bearer);
    expect((await open.get('/api/v1/webhooks', bearer)).headers.get('x-cache')).toBe('l1');
    expect((await open.get('/api/v1/webhooks')).status).toBe(401);
    expect((await open.get('/api/v1/webhooks', { authorization: 'Bearer x' })).status).toBe(401);
    const other = await open.get('/api/v1/webhooks', await open.bearer({ tenant: 'acme', subject: 'other' }));
    expect(other.json.items).toEqual([]);
    expect(text).not.toBe(other.text);
  });

  test('needs no more than the role viewer on every route that can be cached: nobody gets by it what is not theirs', () => {
    const operations = http.routes
      .filter(
        ({ method, path }) => method === 'GET' && /^\/api\/v1\/(webhooks|alerts|deliveries|dashboard)\b/.test(path),
      )
      .map(({ hooks }) => (hooks as { detail?: { operationId: string } }).detail?.operationId ?? '');
    expect(operations.length).toBeGreaterThan(8);
    expect(operations.filter((operation) => rolesNeeded[operation] !== 'viewer')).toEqual([]);
  });

  test('is counted as a request, and refused when there were too many', async () => {
    const bearer = await guarded.bearer();
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await guarded.get('/api/v1/webhooks', bearer));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['4', '3', '2', '1', '0', '0']);
    expect(answers[4]?.headers.get('x-cache')).toBe('l1');
  });
});

describe('the routes of the cache', () => {
  test('tell how often it answered', async () => {
    const before = (await http.get('/api/v1/cache/stats')).json;
    await forget();
    for (let i = 0; i < 4; i++) await http.get('/api/v1/webhooks');
    const { json, headers } = await http.get('/api/v1/cache/stats');
    expect(headers.get('x-cache')).toBeNull();
    expect(json.cache_hits - before.cache_hits).toBe(3);
    expect(json.cache_misses - before.cache_misses).toBe(1);
    expect(json.total_requests).toBe(json.cache_hits + json.cache_misses);
    expect(json.hit_rate).toBeCloseTo(json.cache_hits / json.total_requests, 3);
    expect(json.current_size_bytes).toBeWithin(1, json.max_size_bytes);
    expect(json).toMatchObject({ l1: { status: 'ready' }, l2: { status: 'disabled', hits: 0 } });
  });

  test('warm it: what a page reads first, and what was read here before', async () => {
    await http.get('/api/v1/webhooks?q=renamed');
    await forget();
    await http.get('/api/v1/webhooks?q=renamed');
    epochs.bump('1:webhooks');
    const { json } = await http.post('/api/v1/cache/warm');
    expect(json.status).toBe('success');
    expect(json.warmed_entries).toBeGreaterThan(3);
    for (const path of ['/api/v1/webhooks', '/api/v1/dashboard/overview', '/api/v1/webhooks?q=renamed'])
      expect([path, await sourceOf(path)]).toEqual([path, 'l1']);
    expect((await http.post('/api/v1/cache/warm')).json.warmed_entries).toBe(0);
  });

  test('drop single keys, patterns and nouns, and say how many', async () => {
    const paths = ['/api/v1/webhooks', `/api/v1/webhooks/${id}`, '/api/v1/alerts', '/api/v1/dashboard/overview'];
    const cases: [path: string, body: unknown, dropped: number][] = [
      ['/invalidate', { keys: [`webhooks/${id}`, 'webhooks/77'] }, 1],
      ['/invalidate', { keys: [], pattern: 'webhooks:*' }, 2],
      ['/invalidate', { pattern: 'webhooks/*' }, 2],
      ['/invalidate', { keys: ['/api/v1/alerts'], pattern: null }, 1],
      ['/invalidate/dashboard', undefined, 1],
      ['/invalidate/all', undefined, 4],
    ];
    for (const [path, body, dropped] of cases) {
      await forget();
      for (const each of paths) await http.get(each);
      const { status, json } = await http.post(`/api/v1/cache${path}`, body);
      expect([path, status, json.invalidated, json.total_entries]).toEqual([path, 200, dropped, 4 - dropped]);
    }
  });

  test('drop in every process what might match, as each has keys of its own', async () => {
    const shared = new Cache({ epochs, itemsMax: 10, bytesMax: 1e6, ttlMs: 60_000 });
    const tags = ['1:dashboard', '1:webhooks'];
    const fill = () => shared.read('1|/api/v1/dashboard/overview', tags, async () => ({ text: '{}' }));
    await fill();
    await http.post('/api/v1/cache/invalidate/alerts');
    expect((await fill()).source).toBe('l1');
    await http.post('/api/v1/cache/invalidate', { pattern: 'dash*' });
    expect((await fill()).source).toBe('miss');
  });

  test('touch no other tenant', async () => {
    const [mine, theirs] = [await open.bearer(), await open.bearer({ tenant: 'acme' })];
    await open.get('/api/v1/webhooks', mine);
    await open.post('/api/v1/cache/invalidate/all', undefined, theirs);
    expect((await open.get('/api/v1/webhooks', mine)).headers.get('x-cache')).toBe('l1');
  });
});

test('figures that nobody announces are never older than their rule says', async () => {
  await http.get('/api/v1/alerts');
  await sql`select tocsin.raise_alert(p_message => 'by plain SQL')`;
  // The rule says a second; without it, they would be for the minute that settings are kept.
  await until(async () => (await http.get('/api/v1/alerts')).text.includes('by plain SQL'));
});
