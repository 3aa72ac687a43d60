// Loading what is read most before anybody asks for it.
import { describe, expect, test } from 'bun:test';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { testHttp } from '../support/http.ts';
import { makeWebhook } from '../support/makers.ts';
import { testDatabase } from '../support/postgres.ts';

const { sql } = await testDatabase();
const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 1_000, bytesMax: 1e7, ttlMs: 60_000 });
const http = await testHttp({ sql, cache, epochs, config: { environment: 'production' } });
const uncached = await testHttp({ sql });
const bearer = await http.bearer();
const [first] = [await makeWebhook(sql), await makeWebhook(sql)];
await sql`insert into tocsin_data.tenants (name) values ('acme')`;

const sourceOf = async (path: string, headers = bearer) =>
  (await http.get(`/api/v1/${path}`, headers)).headers.get('x-cache');

describe('warming after the start', () => {
  test('loads dashboards, first pages and webhooks of every tenant, for readers that have no part in it', async () => {
    expect(cache.keys()).toEqual([]);
    // Six paths for each of two tenants, and two webhooks.
    expect(await http.warm()).toBe(14);
    for (const path of ['dashboard/overview', 'dashboard/webhooks', 'webhooks', 'alerts', `webhooks/${first}`])
      expect([path, await sourceOf(path)]).toEqual([path, 'l1']);
    expect(await sourceOf('webhooks', await http.bearer({ tenant: 'acme' }))).toBe('l1');
  });

  test('is counted to no caller', async () => {
    const before = (await http.get('/api/v1/cache/stats', bearer)).headers.get('x-ratelimit-remaining');
    epochs.bumpAll();
    await http.warm();
    const after = (await http.get('/api/v1/cache/stats', bearer)).headers.get('x-ratelimit-remaining');
    expect(Number(before) - Number(after)).toBeLessThanOrEqual(1);
  });

  test('does nothing without a cache', async () => {
    expect(await uncached.warm()).toBe(0);
  });

  test('does not fail when the database does', async () => {
    const broken = await testHttp({
      sql,
      cache: new Cache({ epochs, itemsMax: 9, bytesMax: 1e6, ttlMs: 1_000 }),
      epochs,
    });
    broken.api.tenants.list_tenants = () => Promise.reject(new Error('away'));
    expect(await broken.warm()).toBe(0);
    expect(broken.logged.join('')).toContain('could not warm the cache');
  });
});
