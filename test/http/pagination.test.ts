// Lists: pages by number, offset and cursor, totals, and what the client already has.
import { beforeAll, describe, expect, test } from 'bun:test';
import { pageThrough } from '../../src/http/pagination.ts';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const path = '/api/v1/alerts';
const COUNT = 45;

const page = async (query: string) => (await http.get(`${path}?${query}`)).json;
const messages = (answer: { items: { message: string }[] }) => answer.items.map(({ message }) => message);
const expected = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `m${COUNT - 1 - from - i}`);

beforeAll(async () => {
  await http.post(
    `${path}/batch`,
    Array.from({ length: COUNT }, (_, i) => ({ message: `m${i}`, alert_type: 'paged' })),
  );
});

describe('a list', () => {
  test('has 20 items a page unless asked for others', async () => {
    const first = await page('alert_type=paged');
    expect(first).toMatchObject({ total: COUNT, page: 1, page_size: 20, pages: 3, next_cursor: expect.any(String) });
    expect(messages(first)).toEqual(expected(0, 20));
  });

  test('goes by page number', async () => {
    const last = await page('page=3&page_size=20');
    expect(last).toMatchObject({ total: COUNT, page: 3, page_size: 20, pages: 3, next_cursor: null });
    expect(messages(last)).toEqual(expected(40, 45));
  });

  test('goes by limit and offset', async () => {
    const middle = await page('limit=10&offset=30');
    expect(middle).toMatchObject({ total: COUNT, page: 4, page_size: 10, pages: 5 });
    expect(messages(middle)).toEqual(expected(30, 40));
  });

  test('goes by cursor to its end, each item once, though others come in between', async () => {
    const seen: string[] = [];
    const pages: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer = await page(`alert_type=paged&page_size=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...messages(answer));
      pages.push(answer.page);
      expect(answer.total).toBe(COUNT);
      cursor = answer.next_cursor;
      await http.post(path, { message: 'late', alert_type: 'paged' });
    }
    expect(seen).toEqual(expected(0, COUNT));
    expect(pages).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('beyond its end is empty and still knows the total', async () => {
    expect(await page('page=99&alert_type=nothing')).toMatchObject({
      items: [],
      total: 0,
      pages: 0,
      next_cursor: null,
    });
    const beyond = await page('page=99&page_size=100&q=m1');
    expect(beyond).toMatchObject({ items: [], page: 99, next_cursor: null });
    expect(beyond.total).toBeGreaterThan(0);
  });

  test('with exactly one page has no next one', async () => {
    expect(await page('q=m44&page_size=1')).toMatchObject({ total: 1, pages: 1, next_cursor: null });
  });

  test.each([
    ['page=0', '/page'],
    ['page_size=101', '/page_size'],
    ['page_size=0', '/page_size'],
    ['limit=ten', '/limit'],
    ['offset=-1', '/offset'],
    ['page=101&page_size=100', '/page'],
    ['offset=9990&limit=20', '/offset'],
    ['cursor=abc', '/cursor'],
    [`cursor=${'x'.repeat(201)}`, '/cursor'],
  ])('refuses %s', async (query, pointer) => {
    const { status, json } = await http.get(`${path}?${query}`);
    expect({ status, pointer: json.errors[0].pointer }).toEqual({ status: 422, pointer });
  });

  test('counts exactly to 10,000, and then says that there are more', async () => {
    const { sql } = http;
    await sql`select tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('message', 'n', 'alert_type', 'exact'))
      from generate_series(1, 10000)))`;
    const exact = await page('alert_type=exact&page_size=100');
    expect(exact).toMatchObject({ total: 10_000, pages: 100 });
    expect(exact).not.toHaveProperty('total_relation');
    expect(await page('alert_type=exact&page=100&page_size=100')).toMatchObject({ next_cursor: null });
    await http.post(path, { message: 'n', alert_type: 'exact' });
    const more = await page('alert_type=exact&page_size=100');
    expect(more).toMatchObject({ total: 10_000, pages: 100, total_relation: 'gte' });
    const second = await page(`alert_type=exact&page_size=100&cursor=${more.next_cursor}`);
    expect(second).toMatchObject({ total: 10_000, total_relation: 'gte', page: 2 });
  });

  test('of webhooks goes up by id', async () => {
    for (const name of ['a', 'b', 'c']) await http.post('/api/v1/webhooks', { name, url: 'https://example.com' });
    const first = (await http.get('/api/v1/webhooks?page_size=2')).json;
    expect(first).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }], total: 3, pages: 2 });
    const second = (await http.get(`/api/v1/webhooks?page_size=2&cursor=${first.next_cursor}`)).json;
    expect(second).toMatchObject({ items: [{ name: 'c' }], total: 3, page: 2, next_cursor: null });
  });
});

describe('the ETag of an answer', () => {
  test('lets an unchanged one be 304 without a body, for any form of the header', async () => {
    const { headers, text } = await http.get(`${path}?alert_type=exact`);
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w]+"$/);
    expect(headers.get('x-cache')).toBe('miss');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await http.get(`${path}?alert_type=exact`, { 'if-none-match': known });
      expect(again).toMatchObject({ status: 304, text: '' });
      expect(again.headers.get('etag')).toBe(etag);
    }
    const other = await http.get(`${path}?alert_type=exact`, { 'if-none-match': '"other"' });
    expect(other).toMatchObject({ status: 200, text });
  });

  test('changes when anything in it does', async () => {
    const { id } = (await http.post('/api/v1/webhooks', { name: 'tagged', url: 'https://example.com' })).json;
    const { headers } = await http.get(`/api/v1/webhooks/${id}`);
    await http.send('PATCH', `/api/v1/webhooks/${id}`, { name: 'renamed' });
    const known = { 'if-none-match': headers.get('etag') ?? '' };
    expect(await http.get(`/api/v1/webhooks/${id}`, known)).toMatchObject({ status: 200 });
  });

  test('is on no answer to a write, and on no error', async () => {
    expect((await http.post(path, { message: 'x' })).headers.get('etag')).toBeNull();
    expect((await http.get(`${path}/1`)).headers.get('etag')).toBeNull();
  });

  test('comes with HEAD too, without a body', async () => {
    const head = await http.send('HEAD', `${path}?alert_type=exact`);
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('etag')).toBe((await http.get(`${path}?alert_type=exact`)).headers.get('etag'));
  });
});

describe('the id of a request', () => {
  test('is the one that was sent, if it is harmless, and else a new one', async () => {
    const idOf = async (sent: string) =>
      (await http.get('/health', { 'x-request-id': sent })).headers.get('x-request-id');
    expect(await idOf('abc-123.4:5_6')).toBe('abc-123.4:5_6');
    for (const odd of ['a b', 'x'.repeat(129), '<script>']) expect(await idOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
    const [one, two] = [await http.get('/health'), await http.get('/nope')];
    expect(one.headers.get('x-request-id')).not.toBe(two.headers.get('x-request-id'));
  });
});

test('a total that takes too long to count is not waited for: it is at least what was seen', async () => {
  const rows = Array.from({ length: 45 }, (_, i) => ({ id: i + 1 }));
  let counts = 0;
  const read = (query: object) =>
    pageThrough(
      { page_size: 20, ...query },
      async ({ edgeId = 0, limit, offset }) => rows.slice(edgeId + offset, edgeId + offset + limit),
      () => {
        counts++;
        return Promise.withResolvers<number>().promise;
      },
    );
  const first = await read({});
  expect(first).toMatchObject({ total: 21, total_relation: 'gte', page: 1, pages: 2 });
  const second = await read({ cursor: first.next_cursor });
  expect(second).toMatchObject({ total: 41, total_relation: 'gte', page: 2, pages: 3 });
  expect(await read({ cursor: second.next_cursor })).toMatchObject({ total: 45, page: 3, next_cursor: null });
  // Once: whoever follows the cursor does not wait again.
  expect(counts).toBe(1);
});
