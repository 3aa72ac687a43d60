// The real page in front of an API made of rows in memory: for what a page shows, not for what a server does.
import { Elysia } from 'elysia';
import { join } from 'node:path';
import { dashboardPage } from '../../src/http/dashboard_page.ts';
import { fakeAlert, fakeDelivery, fakeRisk, fakeSystem, fakeTimeseries, fakeWebhook, fakeWhy } from './fake_rows.ts';

export interface FakeApi {
  origin: string;
  /** Sends a message to every socket. */
  publish(message: Record<string, unknown> & { type: string }): void;
  /** Cuts every socket and refuses new ones, until it is called with false. */
  refuse(isRefusing: boolean): void;
  /** What was written, as `POST /alerts/acknowledge`. */
  writes: { call: string; body: unknown }[];
  stop(): Promise<void>;
}

export interface FakeOptions {
  webhookCount?: number;
  /** Where it is set, requests need this credential. */
  credential?: string;
  isEmpty?: boolean;
  /** What the overview says otherwise. */
  overview?: Record<string, unknown>;
}

const root = join(import.meta.dir, '../..');
const rowsOf = <Row>(count: number, make: (id: number) => Row) =>
  Array.from({ length: count }, (_, index) => make(count - index));

/** Starts on a free port. */
export function startFakeApi(options: FakeOptions = {}): FakeApi {
  const { webhookCount = 30, credential, isEmpty = false, overview = {} } = options;
  const rows = {
    webhooks: isEmpty ? [] : rowsOf(webhookCount, fakeWebhook).reverse(),
    alerts: isEmpty ? [] : rowsOf(40, fakeAlert),
    deliveries: isEmpty ? [] : rowsOf(40, fakeDelivery),
  };
  const writes: FakeApi['writes'] = [];
  let isRefusing = false;
  const sockets = new Set<{ close(): unknown }>();
  const reply = async ({ request }: { request: Request }) => {
    const sent = request.headers.get('authorization');
    if (credential && sent !== `Bearer ${credential}`)
      return problem(401, sent ? 'The token is not valid.' : 'Credentials are needed.');
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace('/api/v1', '');
    if (path === '/dashboard/overview') return json({ ...(read(path, searchParams, rows) as object), ...overview });
    if (request.method === 'GET') return json(read(path, searchParams, rows));
    const body: unknown = await request.json().catch(() => null);
    writes.push({ call: `${request.method} ${path}`, body });
    return write(path, body, rows);
  };
  const app = new Elysia()
    .use(dashboardPage({ cacheFolder: join(root, '.tocsin/test-dashboard') }))
    .ws('/api/v1/ws/dashboard', {
      beforeHandle: ({ status }) => (isRefusing ? status(503) : undefined),
      open(socket) {
        sockets.add(socket.raw);
        socket.subscribe('all');
      },
      close: (socket) => void sockets.delete(socket.raw),
      message(socket, message) {
        const { action, cursor } = (typeof message === 'string' ? JSON.parse(message) : message) as Record<
          string,
          string
        >;
        if (action === 'subscribe') socket.send(stamped({ type: 'subscription_confirmed', types: [], cursor: '1' }));
        if (action === 'resume') socket.send(stamped({ type: 'resumed', replayed: 0, cursor }));
      },
    })
    .get('/health/*', reply)
    .all('/api/v1/*', reply, { parse: 'none' })
    .listen({ port: 0, hostname: '127.0.0.1' });
  return {
    origin: app.server?.url.origin ?? '',
    publish: (message) => void app.server?.publish('all', stamped(message)),
    refuse(is) {
      isRefusing = is;
      if (is) for (const socket of sockets) socket.close();
    },
    writes,
    async stop() {
      await app.server?.stop(true);
    },
  };
}

type Rows = {
  webhooks: ReturnType<typeof fakeWebhook>[];
  alerts: ReturnType<typeof fakeAlert>[];
  deliveries: ReturnType<typeof fakeDelivery>[];
};

function read(path: string, query: URLSearchParams, rows: Rows): unknown {
  const [, noun = '', id, what] = path.split('/');
  if (noun === 'dashboard') return readDashboard(id, query, rows);
  if (what === 'why') return page(fakeWhy, query);
  if (what === 'failure-risk') return fakeRisk(Number(id));
  if (what === 'replays') return page([], query);
  if (noun === 'health') return deepHealth;
  if (noun === 'cache') return cacheStats;
  if (noun === 'system') return fakeSystem();
  const list: { id: number }[] | undefined = rows[noun as keyof Rows];
  if (!list) return undefined;
  if (id) return list.find((row) => row.id === Number(id));
  const wanted = ['status', 'severity', 'health_status', 'webhook_id'].filter((name) => query.has(name));
  const text = query.get('q')?.toLowerCase() ?? '';
  const found = list.filter((row) => {
    const fields = row as Record<string, unknown>;
    const isWanted = wanted.every((name) => String(fields[name]) === query.get(name));
    return isWanted && `${fields.name} ${fields.message}`.toLowerCase().includes(text);
  });
  return page(found, query);
}

function readDashboard(part: string | undefined, query: URLSearchParams, { webhooks }: Rows): unknown {
  if (part === 'webhooks') return { items: webhooks, next_cursor: null };
  if (part === 'timeseries') return { items: webhooks.length > 0 ? fakeTimeseries(query) : [] };
  if (part === 'anomalies') return { items: [] };
  const limit = { queue_limit: 2_000, queue_used_percent: 2, queue_limit_state: 'free' };
  const figures = { total_deliveries: 1_200, failed_deliveries: 12, pending_deliveries: webhooks.length > 0 ? 40 : 0 };
  const counts = { active_webhooks: webhooks.length, degraded_webhooks: 2, oldest_due_seconds: 131 };
  return { ...figures, ...counts, ...limit, success_rate_percent: 99, generated_at: new Date().toISOString() };
}

function write(path: string, body: unknown, rows: Rows): Response {
  const [, noun, id, what] = path.split('/');
  if (noun === 'webhooks' && id === undefined) {
    const settings = body as { name?: string; url?: string };
    if (!settings.url?.startsWith('http'))
      return problem(422, 'The url is not valid.', [{ pointer: '/url', detail: 'The url is not valid.' }]);
    const webhook = { ...fakeWebhook(rows.webhooks.length + 1), ...settings };
    rows.webhooks.push(webhook as (typeof rows.webhooks)[number]);
    return json({ ...webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 201);
  }
  if (what === 'test')
    return json({
      success: false,
      status_code: 503,
      response_ms: 12,
      error: 'http_503: the receiver answered 503',
      response_body: 'Down',
      message_id: 'ping_1',
    });
  if (what === 'replay') return json({ matched: 12 });
  if (what === 'rotate-secret') return json({ id: Number(id), secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' });
  if (noun === 'alerts' && (id === 'acknowledge' || id === 'resolve')) {
    const { alert_ids } = body as { alert_ids: number[] };
    const status = id === 'resolve' ? 'resolved' : 'acknowledged';
    for (const alert of rows.alerts) if (alert_ids.includes(alert.id)) alert.status = status;
    return json({ [status]: alert_ids.length, failed: 0 });
  }
  const row = rows[noun as keyof Rows]?.find((one) => one.id === Number(id));
  if (row && what === 'ack')
    Object.assign(row, { status: 'acknowledged', acknowledged_by: 'me', acknowledged_at: new Date().toISOString() });
  if (row && what === undefined) Object.assign(row, body);
  return json(row);
}

function page<Row>(rows: readonly Row[], query: URLSearchParams) {
  const from = Number(query.get('cursor') ?? 0);
  const size = Number(query.get('page_size') ?? 20);
  const next_cursor = from + size < rows.length ? String(from + size) : null;
  return { items: rows.slice(from, from + size), total: rows.length, page: 1, page_size: size, pages: 1, next_cursor };
}

const deepHealth = {
  status: 'degraded',
  database: { status: 'healthy', response_time_ms: 1, pool: { max: 50 } },
  cache: { status: 'degraded', hit_rate: 0.9, l1: { status: 'healthy' }, l2: { status: 'unhealthy', hit_rate: null } },
  webhooks: { status: 'degraded', active_count: 30, failed_count: 1 },
  delivery: {
    queue_depth: 40,
    scheduled: 7,
    parked: 3,
    oldest_due_seconds: 131,
    workers: 1,
    tenants_near_queue_limit: 0,
  },
};
const cacheStats = {
  hit_rate: 0.9,
  total_requests: 100,
  cache_hits: 90,
  cache_misses: 10,
  evicted_entries: 0,
  current_size_bytes: 4_096,
  max_size_bytes: 67_108_864,
};

function stamped(message: Record<string, unknown>): string {
  return JSON.stringify({ timestamp: new Date().toISOString(), ...message });
}

function json(content: unknown, status = 200): Response {
  return content === undefined ? problem(404, 'There is nothing at this path.') : Response.json(content, { status });
}

function problem(status: number, detail: string, errors: unknown[] = []): Response {
  return Response.json({ status, detail, error_code: String(status), errors }, { status });
}
