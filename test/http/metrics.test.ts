// What /metrics tells: every figure of a server, by the names and rules of Prometheus, without a label that a caller could invent.
import { describe, expect, test } from 'bun:test';
import { callNames } from '../../src/store/api.ts';
import { CALLS_MAX, ROUTES_MAX } from '../../src/store/meter_specs.ts';
import { openSql } from '../../src/store/sql.ts';
import { sampleOf, samplesOf } from '../support/exposition.ts';
import { testHttp } from '../support/http.ts';
import { until } from '../support/wait.ts';

const http = await testHttp();

const read = async () => samplesOf((await http.get('/metrics')).text);
const changeOf = async (name: string, labels: Record<string, string>, act: () => Promise<unknown>) => {
  const before = sampleOf(await read(), name, labels) ?? 0;
  await act();
  return (sampleOf(await read(), name, labels) ?? 0) - before;
};

describe('requests', () => {
  test('are counted by route, not by path, and by status', async () => {
    const missing = { method: 'GET', route: '/api/v1/webhooks/:id', status: '404' };
    const change = await changeOf('tocsin_http_requests_total', missing, async () => {
      for (let id = 1; id <= 5; id++) await http.get(`/api/v1/webhooks/${id}?x=${id}`);
    });
    expect(change).toBe(5);
  });

  test('of strangers to paths that do not exist make no series', async () => {
    const series = (await read()).length;
    const none = { method: 'any', route: 'none', status: '404' };
    const change = await changeOf('tocsin_http_requests_total', none, async () => {
      for (let i = 0; i < 20; i++) await http.get(`/strange/${i}`);
      for (let i = 0; i < 3; i++) await http.get(`/strange/${i}`);
    });
    expect(change).toBe(23);
    // The route none and its histogram, at most.
    expect((await read()).length - series).toBeLessThan(20);
  });

  test('are timed: each falls into one bucket', async () => {
    const labels = { method: 'GET', route: '/api/v1/tenants' };
    await http.get('/api/v1/tenants');
    const samples = await read();
    const count = sampleOf(samples, 'tocsin_http_request_duration_seconds_count', labels);
    expect(count).toBeGreaterThan(0);
    expect(sampleOf(samples, 'tocsin_http_request_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(
      count as number,
    );
    const buckets = samples
      .filter(({ name, labels: l }) => name.endsWith('request_duration_seconds_bucket') && l.route === labels.route)
      .map(({ value }) => value);
    expect(buckets).toHaveLength(14);
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    expect(sampleOf(samples, 'tocsin_http_request_duration_seconds_sum', labels)).toBeGreaterThan(0);
  });

  test('beyond the limit of a caller are counted', async () => {
    const limited = await testHttp({ sql: http.sql, config: { rateLimitDevelopment: 3 } });
    for (let i = 0; i < 5; i++) await limited.get('/api/v1/tenants');
    const asAnother = await limited.bearer({ subject: 'prometheus', role: 'viewer' });
    const samples = samplesOf((await limited.get('/metrics', asAnother)).text);
    expect(sampleOf(samples, 'tocsin_rate_limited_requests_total')).toBe(2);
    expect(sampleOf(samples, 'tocsin_http_requests_total', { route: '/api/v1/tenants', status: '429' })).toBe(2);
  });

  test('have a place for each route, and calls one for each function', async () => {
    const routes = new Set(http.routes.map(({ method, path }) => `${method} ${path}`));
    expect(routes.size).toBeLessThan(ROUTES_MAX - 2);
    expect(callNames.length).toBeLessThan(CALLS_MAX - 1);
    expect(new Set(callNames).size).toBe(callNames.length);
  });
});

describe('the text', () => {
  test('is of the format of Prometheus, and named by its rules', async () => {
    const { text, headers } = await http.get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type] as const);
    expect(types.length).toBeGreaterThan(35);
    for (const [name, type] of types) {
      expect(name).toMatch(/^tocsin_[a-z][a-z0-9_]*$/);
      expect({ name, isTotal: name.endsWith('_total') }).toEqual({ name, isTotal: type === 'counter' });
      expect(text).toContain(`# HELP ${name} `);
    }
    const keys = samplesOf(text).map(({ name, labels }) => JSON.stringify([name, labels]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has the figures of the whole queue', async () => {
    await http.api.webhooks.create_webhook({ p_tenant_id: 1, p_name: 'metered', p_url: 'https://example.com/' });
    await http.api.alerts.raise_alert({ p_message: 'one' });
    const seen = await until(async () => {
      const samples = await read();
      return sampleOf(samples, 'tocsin_queue_deliveries', { state: 'ready' }) === 1 ? samples : undefined;
    });
    expect(sampleOf(seen, 'tocsin_database_up')).toBe(1);
    expect(sampleOf(seen, 'tocsin_webhook_breakers', { state: 'closed' })).toBe(1);
    expect(sampleOf(seen, 'tocsin_workers')).toBe(0);
    expect(sampleOf(seen, 'tocsin_partition_runway_seconds')).toBeGreaterThan(86_400);
    expect(sampleOf(seen, 'tocsin_partitions', { table: 'alerts' })).toBeGreaterThan(7);
  });

  test('goes on without them while the database is away', async () => {
    const away = openSql('postgres://nobody@127.0.0.1:1/none', { connectTimeoutMs: 100 });
    const alone = await testHttp({ sql: away });
    const { status, text } = await alone.get('/metrics');
    expect(status).toBe(200);
    expect(sampleOf(samplesOf(text), 'tocsin_database_up')).toBe(0);
    expect(text).not.toMatch(/^tocsin_workers /m);
    await away.end({ timeout: 1 });
  });
});

test('a scraper needs credentials in production, of any role', async () => {
  const config = { environment: 'production', secretKey: 'the secret of the metrics tests, long' } as const;
  const guarded = await testHttp({ sql: http.sql, config });
  expect((await guarded.get('/metrics')).status).toBe(401);
  expect((await guarded.get('/metrics', await guarded.bearer({ role: 'viewer' }))).status).toBe(200);
});
