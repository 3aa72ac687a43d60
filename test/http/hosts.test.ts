// Hosts and paths that strangers choose: the name in the header changes no answer, and neither breaks a server nor fills it.
import { expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import { MeteredRoutes } from '../../src/http/request_meter.ts';
import { RouteTable } from '../../src/http/route_table.ts';
import { Cache } from '../../src/store/cache.ts';
import { Epochs } from '../../src/store/epochs.ts';
import { testHttp } from '../support/http.ts';

const epochs = new Epochs();
const cache = new Cache({ epochs, itemsMax: 1_000, bytesMax: 1e7, ttlMs: 60_000 });
// The level DEBUG, as its line for each request names the path.
const http = await testHttp({ cache, epochs, config: { environment: 'production', logLevel: 'debug' } });
const admin = await http.bearer();
const hosts = ['a', 'abc', 'a#b', 'a/b', '[::bad', 'a b', '%'];

test('a host that is none is answered as any other, never by a page about our sources', async () => {
  for (const host of hosts) {
    const answer = await fetch(`${http.url}/api/v1/webhooks?token=hunter2`, { headers: { host } });
    expect([host, answer.status, answer.headers.get('content-type')]).toEqual([host, 401, 'application/problem+json']);
  }
  expect(http.logged.filter((line) => line.includes('"path":"/api/v1/webhooks"')).length).toBeGreaterThan(3);
  expect(http.logged.join('')).not.toContain('hunter2');
});

test('what is kept in the cache does not depend on the host that its first reader named', async () => {
  const made = await http.post('/api/v1/webhooks', { name: 'first', url: 'https://receiver.test/' }, admin);
  for (const [i, host] of hosts.entries()) {
    const paths = [`/api/v1/webhooks/${made.json.id}?`, `/api/v1/webhooks?page_size=${i + 1}`];
    await http.post('/api/v1/cache/invalidate/all', {}, admin);
    for (const path of paths) await fetch(http.url + path, { headers: { ...admin, host } });
    for (const path of paths) expect([host, (await http.get(path, admin)).status]).toEqual([host, 200]);
  }
});

test('a write counts at once whatever its host is, and a query is never taken for the path', async () => {
  const invalidate = spyOn(cache, 'invalidate');
  for (const host of hosts) {
    invalidate.mockClear();
    const headers = { ...admin, host, 'content-type': 'application/json' };
    const alerts = `${http.url}/api/v1/alerts?of=://x/api/v1/dashboard`;
    await fetch(alerts, { method: 'POST', headers, body: '{"message":"one"}' });
    expect([host, invalidate.mock.calls.flat().sort()]).toEqual([host, ['1:alerts', '1:deliveries']]);
    const read = await fetch(`${http.url}/api/v1/api-keys?of=://x/api/v1/webhooks`, { headers });
    // They take no such field, while webhooks without a query are answered.
    expect([host, read.status]).toEqual([host, 422]);
  }
});

test('a short host does not make a part of the path its own', async () => {
  const answer = await fetch(`${http.url}/zz/health/deep`, { headers: { host: 'a' } });
  expect(answer.status).toBe(404);
});

test('every path that leads to the figures of the inside is one that nginx keeps inside', async () => {
  const shipped = await Bun.file(join(import.meta.dir, '../../deploy/nginx/tocsin.conf')).text();
  const [, pattern = ''] = /location ~ (\S*metrics\S*) \{/.exec(shipped) ?? [];
  const paths = ['/metrics', '/health/deep', '/api/v1/health/deep'].flatMap((path) => [path, `${path}/`]);
  for (const path of paths) {
    expect([path, (await fetch(http.url + path, { headers: admin })).status]).toEqual([path, 200]);
    expect([path, new RegExp(pattern).test(path)]).toEqual([path, true]);
  }
});

test('paths are remembered for counting only when they are as short as ours', () => {
  let lookups = 0;
  class Counting extends RouteTable {
    override routeOf(method: string, path: string): string | undefined {
      lookups++;
      return super.routeOf(method, path);
    }
  }
  const routes = new MeteredRoutes(new Counting());
  const lookupsOf = (path: string) => {
    const before = lookups;
    for (let i = 0; i < 3; i++) routes.placeOf('GET', path);
    return lookups - before;
  };
  expect(lookupsOf(`/${'x'.repeat(10_000)}`)).toBe(3 * lookupsOf(`/x`));
});
