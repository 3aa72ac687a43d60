// What the OpenAPI document shows of each operation as an example: a body that is sent, and the answers to it.
import * as rows from './example_rows.ts';

export interface Examples {
  body?: unknown;
  /** By status; fields that are not there are filled in by their schema: see `exampleOf`. */
  answers?: Record<number, unknown>;
}

const { webhook, alert, delivery, ids } = rows;

/** A whole list of one. */
const listOf = (row: unknown) => ({ items: [row], total: 1, page: 1, page_size: 20, pages: 1, next_cursor: null });
const ok = (answer: unknown): Examples => ({ answers: { 200: answer } });
const list = (row: unknown): Examples => ok(listOf(row));
const many = { alert_ids: [ids.alert], notes: 'On it' };
const alive = { status: 'healthy', timestamp: rows.now };
/** Made up, and of no use: what secrets look like. */
const SECRET = 'whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGU=';
const API_KEY = 'tsk_6Fq0aXexampleexampleexampleexampleexampleexample00000';

const health = {
  status: 'healthy',
  timestamp: rows.now,
  database: { status: 'healthy', response_time_ms: 1.2, pool: { max: 50 } },
  processes: { count: 4, restarts: 0 },
  cache: { status: 'healthy', hit_rate: 0.982, l1: { status: 'ready' }, l2: { status: 'ready' } },
  webhooks: { status: 'healthy', active_count: 4, failed_count: 0 },
  delivery: {
    queue_depth: 12,
    scheduled: 3,
    parked: 0,
    sending: 40,
    oldest_due_seconds: 0.4,
    workers: 4,
    tenants_near_queue_limit: 0,
  },
};
const level = { status: 'ready', hits: 9_120 };

/** By operationId. */
export const examples: Readonly<Record<string, Examples>> = {
  health: ok(alive),
  health_live: ok(alive),
  health_ready: { answers: { 200: { status: 'ready' }, 503: { status: 'unavailable' } } },
  get_system_health: {
    answers: {
      200: health,
      503: {
        ...health,
        status: 'unhealthy',
        database: { status: 'unhealthy', response_time_ms: null, pool: { max: 50 } },
      },
    },
  },

  get_system_overview: ok({
    version: '0.1.0',
    generated_at: rows.now,
    server: {
      processes: 4,
      restarts: 0,
      started_at: '2026-06-01T08:00:00.000Z',
      memory_bytes: 402_653_184,
      sockets: 3,
      pool: { size: 48, used: 2, waiting: 0 },
    },
    database: {
      postgres_version: '18.1',
      database_bytes: 734_003_200,
      connections: 14,
      connections_max: 100,
      retention_days: 30,
      ready: 12,
      alert_partitions: 38,
      log_partitions: 38,
      partition_runway_seconds: 604_800,
    },
    workers: [
      {
        worker_id: 374346665164700,
        host: 'app-1',
        pid: 4242,
        started_at: '2026-06-01T08:00:00.000Z',
        beat_at: rows.now,
        is_alive: true,
        in_flight: 3,
      },
    ],
  }),

  list_webhooks: list(webhook),
  create_webhook: { body: rows.newWebhook, answers: { 201: { ...webhook, secret: SECRET } } },
  get_webhook: ok(webhook),
  update_webhook: { body: { max_in_flight: 20 }, ...ok({ ...webhook, max_in_flight: 20 }) },
  update_webhook_by_patch: { body: { is_active: false }, ...ok({ ...webhook, is_active: false }) },
  get_delivery_targets: ok({
    success: true,
    status_code: 200,
    response_ms: 41,
    error: null,
    response_body: 'ok',
    message_id: 'ping_374346665164803',
  }),
  rotate_webhook_secret: {
    body: { overlap_seconds: 3600 },
    ...ok({ id: webhook.id, secret: SECRET, previous_secret_valid_until: '2026-06-01T13:30:00.000Z' }),
  },
  enable_webhook: ok(webhook),
  list_deliveries_of_webhook: list(delivery),
  replay_webhook: {
    body: { since: '2026-06-01T11:00:00Z', until: '2026-06-01T12:00:00Z', status: 'failed', dry_run: true },
    answers: { 200: { matched: 120, dry_run: true }, 202: { replay_id: ids.replay, matched: 120 } },
  },
  list_replays: list(rows.replay),
  get_replay: ok(rows.replay),

  list_alerts: list(alert),
  raise_alert: { body: rows.newAlert, answers: { 201: alert } },
  raise_alerts: {
    body: [rows.newAlert, { message: 'Order 43 was paid', alert_type: 'order.paid' }],
    answers: { 201: { count: 2, alert_ids: [ids.alert, ids.alert + 3] } },
  },
  get_alert: ok({ ...alert, payload: rows.payload }),
  acknowledge_alert: { body: { notes: 'On it' }, ...ok(rows.acknowledgedAlert) },
  acknowledge_alerts: { body: many, ...ok({ acknowledged: 1, failed: 0 }) },
  resolve_alert: { body: { notes: 'On it' }, ...ok(rows.resolvedAlert) },
  resolve_alerts: { body: many, ...ok({ resolved: 1, failed: 0 }) },
  list_deliveries_of_alert: list(delivery),
  why_not_delivered: list(rows.why),
  get_alert_summary: ok(rows.summary),

  list_deliveries: list(delivery),
  get_delivery: ok({ ...delivery, webhook_name: webhook.name, url: webhook.url, attempts: rows.attempts }),
  retry_delivery: { answers: { 202: { ...delivery, status: 'pending' } } },

  get_dashboard_overview_with_performance: ok({ overview: rows.overview, performance: rows.performance }),
  get_dashboard_overview: ok(rows.overview),
  get_dashboard_performance: ok(rows.performance),
  list_dashboard_webhooks: list(rows.tile),
  list_anomalies: list(rows.anomaly),
  get_failure_risk: ok(rows.risk),
  list_failure_risks: list(rows.risk),
  get_timeseries: list(rows.timePoint),

  list_api_keys: list(rows.apiKey),
  create_api_key: {
    body: { name: 'ci', role: 'operator', rate_limit: 1000 },
    answers: {
      201: { id: ids.apiKey, name: 'ci', role: 'operator', key: API_KEY, key_prefix: rows.apiKey.key_prefix },
    },
  },

  list_tenants: list(rows.tenant),
  create_tenant: { body: { name: 'acme' }, answers: { 201: rows.tenant } },
  get_tenant: ok(rows.tenant),
  set_queue_limit: { body: { queue_limit: 100_000 }, ...ok(rows.tenant) },

  get_cache_stats: ok({
    hit_rate: 0.982,
    total_requests: 9_287,
    cache_hits: 9_120,
    cache_misses: 167,
    current_size_bytes: 184_320,
    max_size_bytes: 134_217_728,
    l1: { ...level, entries: 42, size_bytes: 184_320 },
    l2: level,
  }),
  warm_cache: ok({ status: 'success', warmed_entries: 42, duration_ms: 61.3, timestamp: rows.now }),
  invalidate_cache: {
    body: { keys: ['webhooks/1'], pattern: 'alerts:*' },
    ...ok({ invalidated: 3, total_entries: 42 }),
  },
  invalidate_cache_of: ok({ invalidated: 3, total_entries: 42 }),
};
