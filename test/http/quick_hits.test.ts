// Reads that are answered before Elysia sees them: nobody can tell them from those that take the whole way.
import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { Drain } from '../../src/http/drain.ts';
import { quickHits } from '../../src/http/quick_hits.ts';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import type { RateCounter, RateVerdict } from '../../src/store/rate_counter.ts';
import { testHttp } from '../support/http.ts';

const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 1_000, bytesMax: 1e7, ttlMs: 60_000 });
const verdict: RateVerdict = {
  isAllowed: true,
  limit: 100,
  remaining: 99,
  resetAt: 2_000_000_000,
  retryAfterSeconds: 0,
};
/** Of what the next requests are told, the first; after the last one all are let in. */
const verdicts: (RateVerdict | Promise<RateVerdict>)[] = [];
const rates: RateCounter = { checkRateLimit: () => verdicts.shift() ?? verdict };
const http = await testHttp({ cache, epochs, rates, config: { environment: 'production' } });
await http.sql`insert into tocsin_data.tenants (name) values ('acme')`;
await http.sql`select tocsin.raise_alert(p_message => 'one')`;
const bearer = await http.bearer();
const path = '/api/v1/webhooks';
/** The way through Elysia asks it for each answer. */
const peek = spyOn(cache, 'peek');

const namesOf = (headers: Headers) => [...headers.keys()].filter((name) => name !== 'date').sort();
const countOf = async (series: RegExp) => {
  const platform = await http.bearer({ role: 'platform', subject: 'counter' });
  return Number(series.exec((await http.get('/metrics', platform)).text)?.[1] ?? 0);
};

beforeEach(async () => {
  verdicts.length = 0;
  await http.get(path, bearer);
  peek.mockClear();
});

describe('a quick answer', () => {
  test('has the same status, bytes and headers as one that takes the whole way', async () => {
    const { etag } = (await http.get(path, bearer)).headers.toJSON();
    const known = [etag as string, `"x", W/${etag}`, '*'].map((tags) => ({ 'if-none-match': tags }));
    for (const asked of [{}, ...known]) {
      const quick = await http.get(path, { ...bearer, ...asked });
      expect(peek).not.toHaveBeenCalled();
      const whole = await http.get(path, { ...bearer, ...asked, origin: 'https://other.example' });
      expect(peek).toHaveBeenCalledTimes(1);
      peek.mockClear();
      expect(quick.status).toBe('if-none-match' in asked ? 304 : 200);
      expect([quick.status, quick.text]).toEqual([whole.status, whole.text]);
      expect(namesOf(quick.headers)).toEqual(namesOf(whole.headers));
      for (const name of namesOf(quick.headers).filter((each) => each !== 'x-request-id'))
        expect([name, quick.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
    }
  });

  test('is that of the whole way however the request is spelt and whatever else it asks for', async () => {
    const spellings = ['', '/', '?', '?page_size=1', '?page_size=1&page_size=2', '?q=%2Fa+b', '?q=%2fa%20b', '?%71=x'];
    const wishes: Record<string, string>[] = [
      { 'x-tenant': 'default' },
      { range: 'bytes=0-1', accept: 'text/html' },
      { 'x-http-method-override': 'DELETE', 'x-forwarded-host': 'b' },
      { cookie: 'a=b', 'cache-control': 'no-store' },
    ];
    const ask = async (target: string, headers: Record<string, string>) => {
      const answer = await fetch(http.url + target, { headers: { ...bearer, 'x-request-id': 'same', ...headers } });
      answer.headers.delete('date');
      return { target, ...answer.headers.toJSON(), status: answer.status, text: await answer.text() };
    };
    for (const target of spellings.map((each) => path + each)) {
      for (const wish of wishes) {
        epochs.bump('1:webhooks');
        await ask(target, wish);
        peek.mockClear();
        const quick = await ask(target, wish);
        expect(quick).toMatchObject({ target, status: 200, 'x-cache': 'l1' });
        expect(peek).not.toHaveBeenCalled();
        expect(await ask(target, { ...wish, origin: 'https://other.example' })).toEqual(quick);
        expect(peek).toHaveBeenCalledTimes(1);
      }
      for (const tenant of ['', 'default, default', 'Default'])
        expect(await ask(target, { 'x-tenant': tenant })).toMatchObject({ target, status: 403 });
      expect(await ask(target, { authorization: `${bearer.authorization}x` })).toMatchObject({ target, status: 401 });
    }
  });

  test('has its own id, tag and limits, whatever the one before it had', async () => {
    const other = '/api/v1/alerts';
    await http.get(other, bearer);
    verdicts.push(verdict, { ...verdict, limit: 7, remaining: 3, resetAt: 2_000_000_009 }, verdict);
    const answers = [];
    for (const each of [path, other, path])
      answers.push(await http.get(each, { ...bearer, 'x-request-id': each.slice(8) }));
    const [first, second, third] = answers.map(({ headers }) => headers.toJSON());
    expect(first).toMatchObject({
      'x-request-id': 'webhooks',
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '99',
    });
    expect(second).toMatchObject({
      'x-request-id': 'alerts',
      'x-ratelimit-limit': '7',
      'x-ratelimit-reset': '2000000009',
    });
    expect(third).toMatchObject({ etag: first?.etag as string, 'x-ratelimit-reset': '2000000000' });
    expect(second?.etag).not.toBe(first?.etag);
    const odd = await http.get(path, { ...bearer, 'x-request-id': 'not an id' });
    expect(odd.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  test('is counted like any other, as a request and as a hit', async () => {
    const series = /^tocsin_http_requests_total\{[^}]*route="\/api\/v1\/webhooks",status="200"[^}]*\} (\d+)/m;
    const [requests, hits] = [await countOf(series), cache.stats().l1Hits];
    for (let i = 0; i < 3; i++) await http.get(path, bearer);
    expect(await countOf(series)).toBe(requests + 3);
    expect(cache.stats().l1Hits).toBe(hits + 3);
    expect(peek).not.toHaveBeenCalled();
  });
});

describe('the whole way is taken', () => {
  test('where the caller has asked too often, also when Redis says so later, and no hit is counted', async () => {
    const refused = { ...verdict, isAllowed: false, remaining: 0, retryAfterSeconds: 3 };
    const hits = cache.stats().l1Hits;
    for (const first of [refused, Promise.resolve(refused)]) {
      verdicts.push(first, refused);
      const { status, json, headers } = await http.get(path, bearer);
      expect([status, json.error_code, headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED', '3']);
    }
    expect(cache.stats().l1Hits).toBe(hits);
    verdicts.push(Promise.resolve({ ...verdict, remaining: 5 }));
    expect((await http.get(path, bearer)).headers.get('x-ratelimit-remaining')).toBe('5');
  });

  test('for credentials that are new, wrong, gone or may not act there', async () => {
    expect((await http.get(path)).status).toBe(401);
    expect((await http.get(path, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await http.get(path, { ...bearer, 'x-tenant': 'acme' })).status).toBe(403);
    const theirs = await http.bearer({ tenant: 'acme' });
    expect((await http.get(path, theirs)).headers.get('x-cache')).toBe('miss');
    await http.get(path, theirs);
    await http.sql`select tocsin.delete_tenant('acme')`;
    http.credentials.forgetTenant(2);
    expect((await http.get(path, theirs)).status).toBe(403);
  });

  test('for what is out of date, and for what does not exist', async () => {
    epochs.bump('1:webhooks');
    expect((await http.get(path, bearer)).headers.get('x-cache')).toBe('miss');
    for (let i = 0; i < 2; i++)
      expect((await http.get(`${path}/77`, bearer)).json.error_code).toBe('RESOURCE_NOT_FOUND');
  });

  test('while the process sends its clients elsewhere', async () => {
    const drain = { isDraining: false };
    const deps = {
      config: { environment: 'production', corsOrigins: [], rateLimitWindowSeconds: 60 },
      cache,
      credentials: http.credentials,
      rates,
    } as const;
    const app = quickHits(deps, drain).get('/*', () => new Response('whole'));
    const ask = async () => (await app.handle(new Request(`http://localhost${path}`, { headers: bearer }))).text();
    expect(await ask()).not.toBe('whole');
    drain.isDraining = true;
    expect(await ask()).toBe('whole');
    const real = new Drain();
    const drained = real.run(0);
    expect(real.isDraining).toBe(true);
    await drained;
  });
});
