// Health, with a database and without one, and what requests get while it is away.
import { afterAll, describe, expect, test } from 'bun:test';
import { openSql } from '../../src/store/sql.ts';
import { testHttp } from '../support/http.ts';
import { testDatabase } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

const database = await testDatabase();
const { hostname, port } = new URL(database.url);

/** A way to the database that can be cut, refused, and mended. */
class Line {
  isOpen = true;
  isStuck = false;
  readonly #sockets = new Set<{ end(): void }>();
  readonly #server = Bun.listen<{ there?: Awaited<ReturnType<typeof Bun.connect>>; waiting: Buffer[] }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: async (here) => {
        here.data = { waiting: [] };
        if (!this.isOpen) return void here.end();
        this.#sockets.add(here);
        const there = await Bun.connect({
          hostname,
          port: Number(port),
          socket: {
            data: (_, data) => void (this.isStuck || here.write(data)),
            close: () => void here.end(),
          },
        });
        here.data.there = there;
        for (const data of here.data.waiting) there.write(data);
      },
      data: (here, data) => {
        if (here.data.there) here.data.there.write(data);
        else here.data.waiting.push(Buffer.from(data));
      },
      close: (here) => {
        this.#sockets.delete(here);
        here.data.there?.end();
      },
    },
  });

  get url(): string {
    const url = new URL(database.url);
    url.host = `127.0.0.1:${this.#server.port}`;
    return url.href;
  }

  cut(): void {
    this.isOpen = false;
    for (const socket of this.#sockets) socket.end();
  }

  stop(): void {
    this.#server.stop(true);
  }
}

const line = new Line();
const sql = openSql(line.url, { max: 3 });
const http = await testHttp({ sql, deadlineMs: 1_000 });
afterAll(async () => {
  line.isStuck = false;
  await sql.end({ timeout: 1 });
  line.stop();
});

describe('with a database', () => {
  test('the server is alive and ready', async () => {
    expect((await http.get('/health')).json).toEqual({ status: 'healthy', timestamp: expect.any(String) });
    expect((await http.get('/health/live')).json.status).toBe('healthy');
    expect((await http.get('/health/ready')).json).toEqual({ status: 'ready' });
  });

  test('the system is degraded without a worker, and healthy with one', async () => {
    expect((await http.get('/health/deep')).json).toMatchObject({ status: 'degraded', delivery: { workers: 0 } });
    await http.api.workers.beat_worker({ p_worker_id: null, p_host: 'test', p_pid: 1 });
    const { status, json } = await http.get('/health/deep');
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'healthy',
      timestamp: expect.any(String),
      database: { status: 'healthy', response_time_ms: expect.any(Number), pool: { max: 3 } },
      processes: { count: 1, restarts: 0 },
      cache: expect.objectContaining({ status: 'disabled' }),
      webhooks: { status: 'healthy', active_count: 0, failed_count: 0 },
      delivery: {
        queue_depth: 0,
        scheduled: 0,
        parked: 0,
        sending: 0,
        oldest_due_seconds: 0,
        workers: 1,
        tenants_near_queue_limit: 0,
      },
    });
  });

  test('the system shows what waits, for how long, and what is out of order', async () => {
    for (const name of ['a', 'b']) await http.post('/api/v1/webhooks', { name, url: 'https://example.com' });
    await http.post('/api/v1/alerts', { message: 'x' });
    await database.sql`update tocsin_data.alert_delivery_queue set due_at = due_at - interval '1 hour' where webhook_id = 1`;
    await database.sql`update tocsin_data.webhook_health_metrics set health_status = 'unavailable' where webhook_id = 2`;
    const { json } = await http.get('/health/deep');
    expect(json.webhooks).toEqual({ status: 'degraded', active_count: 2, failed_count: 1 });
    expect(json.delivery.queue_depth).toBe(2);
    expect(json.delivery.oldest_due_seconds).toBeWithin(3600, 3700);
    await database.sql`update tocsin_data.webhooks set is_active = false where webhook_id = 1`;
    expect((await http.get('/health/deep')).json.delivery.oldest_due_seconds).toBeLessThan(60);
  });

  test('the same is under the base of the API, and nobody may keep it', async () => {
    const { headers, json } = await http.get('/api/v1/health/deep');
    expect(json.status).toBe('healthy');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('etag')).toBeNull();
  });
});

describe('while the database is away', () => {
  test('requests get 503 with the time to come back, soon; health says what is wrong; then all is as before', async () => {
    line.cut();
    await until(async () => (await http.get('/api/v1/webhooks')).status === 503);
    const startedAt = performance.now();
    const answers = await Promise.all([
      http.get('/api/v1/webhooks'),
      http.get('/api/v1/deliveries/1'),
      http.post('/api/v1/alerts', { message: 'x' }),
      http.send('DELETE', '/api/v1/webhooks/1'),
      http.send('PATCH', '/api/v1/webhooks/1', { name: 'late' }),
    ]);
    // A call has a second; a busy machine takes longer.
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    for (const { status, headers, json } of answers) {
      expect({ status, code: json.error_code }).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE' });
      expect(headers.get('retry-after')).toBe('2');
    }
    expect((await http.get('/health')).status).toBe(200);
    expect(await http.get('/health/ready')).toMatchObject({ status: 503, json: { status: 'unavailable' } });
    expect(await http.get('/health/deep')).toMatchObject({
      status: 503,
      json: {
        status: 'unhealthy',
        database: { status: 'unhealthy', response_time_ms: null },
        delivery: { queue_depth: null, workers: null },
      },
    });
    line.isOpen = true;
    await until(async () => (await http.get('/health/deep')).status === 200);
    // What was answered with 503 is not done behind its caller's back.
    const names = (await http.get('/api/v1/webhooks')).json.items.map((row: { name: string }) => row.name);
    expect(names).toEqual(['a', 'b']);
    expect((await http.get('/api/v1/alerts')).json.total).toBe(1);
  }, 20_000);

  test('and does not even refuse, requests get 503 at their deadline', async () => {
    line.isStuck = true;
    expect((await http.get('/api/v1/webhooks')).status).toBe(503);
    expect((await http.get('/health/ready')).status).toBe(503);
  });
});
