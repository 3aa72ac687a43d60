// The routes of the dashboard and the summary of alerts: shapes, and figures that follow from what was recorded.
import { expect, test } from 'bun:test';
import { testHttp } from '../support/http.ts';

const http = await testHttp();
const { sql } = http;

test('an empty system has figures of nothing, not errors', async () => {
  const { json } = await http.get('/api/v1/dashboard');
  expect(json.overview).toMatchObject({ total_deliveries: 0, pending_deliveries: 0, success_rate_percent: null });
  expect(json.performance).toMatchObject({ p99_latency_ms: null, error_rate_percent: null, queue_depth: 0 });
  expect((await http.get('/api/v1/alerts/stats/summary')).json).toMatchObject({ total: 0, oldest_pending_alert: null });
  for (const list of ['webhooks', 'anomalies']) {
    expect((await http.get(`/api/v1/dashboard/${list}`)).json).toMatchObject({
      items: [],
      total: 0,
      next_cursor: null,
    });
  }
  expect((await http.get('/api/v1/dashboard/timeseries')).json.items.length).toBeGreaterThanOrEqual(15);
});

test('what was raised, delivered and failed is in every figure', async () => {
  const { json: webhook } = await http.post('/api/v1/webhooks', { name: 'shop', url: 'http://127.0.0.1:9/' });
  for (const severity of ['INFO', 'WARNING', 'CRITICAL']) {
    await http.post('/api/v1/alerts', { message: 'Order 42 was paid', severity });
  }
  await sql`
    with c as (select * from tocsin.get_ready_deliveries(2))
    select tocsin.record_delivery_results(array_agg(lease_id), array_agg(delivery_id), array_agg(alert_id), array_agg(webhook_id),
      array_agg(attempt), '{delivered,failed}', '{200,500}', '{12,30}', '{NULL,http_500}', '{NULL,NULL}', '{NULL,NULL}') from c`;
  await sql`select tocsin.run_maintenance()`;
  const { json } = await http.get('/api/v1/dashboard');
  expect(json.overview).toMatchObject({
    total_deliveries: 2,
    successful_deliveries: 1,
    failed_deliveries: 1,
    pending_deliveries: 2,
    success_rate_percent: 50,
    total_webhooks: 1,
    active_webhooks: 1,
    total_alerts: 3,
    pending_alerts: 3,
  });
  expect(json.performance).toMatchObject({ attempts: 2, delivered: 1, failed: 1, error_rate_percent: 50 });
  expect(json.performance.p50_latency_ms).toBeGreaterThan(8);
  const tiles = (await http.get('/api/v1/dashboard/webhooks')).json;
  expect(tiles).toMatchObject({ total: 1, items: [{ id: webhook.id, name: 'shop', delivered: 1, failed: 1 }] });
  expect(tiles.items[0].sparkline).toHaveLength(15);
  const series = (await http.get(`/api/v1/dashboard/timeseries?webhook_id=${webhook.id}`)).json.items;
  expect(series.reduce((sum: number, point: { attempts: number }) => sum + point.attempts, 0)).toBe(2);
  expect((await http.get('/api/v1/alerts/stats/summary')).json).toMatchObject({
    total: 3,
    pending: 3,
    critical: 1,
    warning: 1,
    info: 1,
  });
});

test('pages of tiles follow by cursor and by offset', async () => {
  for (const name of ['a', 'b', 'c']) await http.post('/api/v1/webhooks', { name, url: 'http://127.0.0.1:9/' });
  const first = (await http.get('/api/v1/dashboard/webhooks?page_size=2')).json;
  const second = (await http.get(`/api/v1/dashboard/webhooks?page_size=2&cursor=${first.next_cursor}`)).json;
  const byOffset = (await http.get('/api/v1/dashboard/webhooks?limit=2&offset=2')).json;
  const idsOf = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => id);
  expect(idsOf(first)).toEqual([1, 2]);
  expect(idsOf(second)).toEqual([3, 4]);
  expect(idsOf(byOffset)).toEqual([3, 4]);
  expect(first.total).toBe(4);
});

test('a window or step that makes no sense is refused', async () => {
  for (const query of [
    'performance?window_seconds=5',
    'timeseries?step_seconds=61',
    'timeseries?since=yesterday',
    'anomalies?window_seconds=x',
  ]) {
    expect((await http.get(`/api/v1/dashboard/${query}`)).status).toBe(422);
  }
});
