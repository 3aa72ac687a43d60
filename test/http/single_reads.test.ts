// Reads of one thing by its id that miss the cache: they need no route and share calls, and are answered as by their route.
import { afterEach, describe, expect, spyOn, test } from 'bun:test';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { MemoryRateCounter } from '../../src/store/rate_counter.ts';
import { type Answer, testHttp } from '../support/http.ts';
import { makeWebhooks, openTransaction, raise } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const { sql } = await testDatabase();
const makeCached = () => {
  const epochs = new Epochs();
  return { epochs, cache: new Cache({ epochs, itemsMax: 1_000, bytesMax: 1e7, ttlMs: 60_000 }) };
};
const calls: string[] = [];
const observe = <T>(name: string, run: () => Promise<T>) => {
  calls.push(name);
  return run();
};
/** Counts the requests that have got past the guards. */
const rates = new MemoryRateCounter();
const admitted = spyOn(rates, 'checkRateLimit');
const { cache, epochs } = makeCached();
const config = { environment: 'production', rateLimit: 100_000 } as const;
const http = await testHttp({ sql, cache, epochs, observe, rates, config });
const hasty = await testHttp({ sql, ...makeCached(), deadlineMs: 300 });
const uncached = await testHttp({ sql, observe, rates, config });
const bearer = await http.bearer();
const [acme] = await sql<{ tenant_id: number }[]>`
  insert into tocsin_data.tenants (name) values ('acme') returning tenant_id`;
const ids = await makeWebhooks(sql, 60);
const theirs = await makeWebhooks(sql, 3, { tenant_id: acme?.tenant_id as number });
const alertId = await raise(sql);
const [delivery] = await sql<
  { delivery_id: number }[]
>`select delivery_id from tocsin_data.alert_delivery_queue limit 1`;

const pathOf = (id: number) => `/api/v1/webhooks/${id}`;
const read = (id: number, headers = bearer, on = http) => on.get(pathOf(id), headers);
const namesOf = (headers: Headers) => [...headers.keys()].filter((name) => name !== 'date').sort();
const forget = () => cache.drop('*');

afterEach(() => void calls.splice(0));

describe('a single read that misses', () => {
  test('has the bytes and headers that its route answers, for webhooks, alerts and deliveries', async () => {
    for (const path of [
      pathOf(ids[0] as number),
      `/api/v1/alerts/${alertId}`,
      `/api/v1/deliveries/${delivery?.delivery_id}`,
    ]) {
      forget();
      const [single, routed] = [await http.get(path, bearer), await http.get(`${path}?by=route`, bearer)];
      const direct = await uncached.get(path, bearer);
      for (const { status, text, headers } of [routed, direct]) {
        expect([status, headers.get('x-cache'), headers.get('etag'), text]).toEqual([
          200,
          'miss',
          single.headers.get('etag'),
          single.text,
        ]);
        expect(namesOf(headers)).toEqual(namesOf(single.headers));
      }
      expect(single.headers.get('x-cache')).toBe('miss');
    }
  });

  test('says of what is not there, or is no id, what its route says', async () => {
    const missing = [pathOf(999_999), pathOf(theirs[0] as number), '/api/v1/alerts/7', '/api/v1/deliveries/7'];
    const wrong = [pathOf(0), pathOf(2_147_483_648), pathOf(1.5), '/api/v1/alerts/9007199254740993', `${pathOf(1)}x`];
    for (const [paths, status] of [
      [missing, 404],
      [wrong, 422],
    ] as const) {
      for (const path of paths) {
        const [single, direct] = [await http.get(path, bearer), await uncached.get(path, bearer)];
        expect([path, single.status]).toEqual([path, status]);
        expect(single.json).toEqual({ ...direct.json, timestamp: expect.any(String) });
        expect(namesOf(single.headers)).toEqual(namesOf(direct.headers));
      }
    }
  });

  test('shares calls with others, with a cache and without, and one that is not there disturbs none', async () => {
    await sql`update tocsin_data.webhooks set deleted_at = now() where webhook_id = ${ids[59] as number}`;
    for (const on of [http, uncached]) {
      forget();
      await using session = await openTransaction(sql);
      await session.sql`lock table tocsin_data.webhooks in access exclusive mode`;
      calls.splice(0);
      const first = read(ids[0] as number, bearer, on);
      await until(() => calls.length === 1);
      const second = read(ids[1] as number, bearer, on);
      await until(() => calls.length === 2);
      admitted.mockClear();
      const rest = [...ids.slice(2), 999_999].map((id) => read(id, bearer, on));
      await until(() => admitted.mock.calls.length === rest.length);
      await session.sql`update tocsin_data.webhooks set name = 'renamed' where webhook_id = ${ids[5] as number}`;
      await session.commit();
      const answers = await Promise.all([first, second, ...rest]);
      expect(answers.map(({ status }) => status)).toEqual([...Array(59).fill(200), 404, 404]);
      expect(answers.slice(0, 59).map(({ json }) => json.id)).toEqual(ids.slice(0, 59));
      expect(calls).toEqual(['get_webhook', 'get_webhook', 'get_webhooks']);
      expect(answers[5]?.json.name).toBe('renamed');
    }
  });

  test('is of its own tenant, whoever else asks for the same ids at the same moment', async () => {
    const other = await http.bearer({ tenant: 'acme', subject: 'other' });
    const both = [...ids.slice(0, 3), ...theirs];
    const namedBy = (answers: Answer[]) => answers.map(({ status, json }) => (status === 200 ? json.id : status));
    for (let round = 0; round < 5; round++) {
      forget();
      const [ours, their] = await Promise.all([
        Promise.all(both.map((id) => read(id))),
        Promise.all(both.map((id) => read(id, other))),
      ]);
      expect(namedBy(ours)).toEqual([...ids.slice(0, 3), 404, 404, 404]);
      expect(namedBy(their)).toEqual([404, 404, 404, ...theirs]);
    }
  });

  test('sees what its client has written, among many that write and read', async () => {
    const change = (id: number, name: string) => http.send('PATCH', pathOf(id), { name }, bearer);
    const client = async (id: number) => {
      for (let round = 0; round < 6; round++) {
        const name = `${id} in round ${round}`;
        expect((await change(id, name)).status).toBe(200);
        expect((await read(id)).json.name).toBe(name);
      }
    };
    await Promise.all(ids.slice(0, 8).map(client));
  });

  test('that the database does not answer is told so each by itself, and read anew when it does', async () => {
    {
      await using session = await openTransaction(sql);
      await session.sql`lock table tocsin_data.webhooks in access exclusive mode`;
      const answers = await Promise.all(ids.slice(0, 10).map((id) => read(id, {}, hasty)));
      expect(new Set(answers.map(({ status, json }) => `${status} ${json.error_code}`))).toEqual(
        new Set(['503 SERVICE_UNAVAILABLE']),
      );
      expect(answers.map(({ json }) => json.instance)).toEqual(ids.slice(0, 10).map(pathOf));
    }
    expect((await read(ids[0] as number, {}, hasty)).status).toBe(200);
  });
});
