// Rows as the API answers them, for a page that is tested without a database.

const START = Date.parse('2026-11-22T14:00:00Z');
const healths = ['unavailable', 'degraded', 'unknown', 'healthy'] as const;

/** A webhook as lists and tiles show it; the first is broken, the second degraded, the third unused, the rest well. */
export function fakeWebhook(id: number) {
  const health_status = healths[Math.min(id - 1, 3)] ?? 'healthy';
  const isBroken = health_status === 'unavailable';
  return {
    id,
    name: `Receiver ${id}`,
    url: `https://receiver-${id}.example/hooks`,
    description: id === 1 ? 'Owned by the platform team.' : null,
    is_active: true,
    events: ['*'],
    min_severity: 'INFO',
    filter: null,
    header_names: ['authorization'],
    retry_policy: {},
    timeout_seconds: 30,
    ssl_verify: true,
    rate_limit_per_second: null,
    max_in_flight: 10,
    ordered: false,
    format: 'standard',
    disabled_reason: null,
    health_status,
    breaker_state: isBroken ? 'open' : 'closed',
    blocked_until: isBroken ? new Date(Date.now() + 120_000).toISOString() : null,
    total_deliveries: 1_000,
    successful_deliveries: isBroken ? 200 : 998,
    failed_deliveries: isBroken ? 800 : 2,
    success_rate_percent: health_status === 'unknown' ? null : isBroken ? 20 : 99.8,
    last_used_at: iso(0),
    pending_deliveries: isBroken ? 40 : 0,
    slots: isBroken ? 1 : 10,
    slowed_because: isBroken ? 'it is recovering from failures' : null,
    created_at: iso(-86_400),
    updated_at: iso(-3_600),
    status_changed_at: iso(-600),
    last_status_code: isBroken ? 503 : 200,
    last_error: isBroken ? 'http_503: the receiver answered 503' : null,
    sparkline: Array.from({ length: 15 }, (_, minute) => minute % 5),
    failed_sparkline: Array(15).fill(isBroken ? 2 : 0),
  };
}

/** That the first webhook goes on failing is likely. */
export function fakeRisk(webhook_id: number) {
  const reason = webhook_id === 1 ? '80 of 100 attempts failed in the last hour.' : 'Nothing failed in the last day.';
  return { webhook_id, probability: webhook_id === 1 ? 0.93 : 0.02, reason };
}

/** Alerts of every severity; the newest has the highest id. */
export function fakeAlert(id: number) {
  const severity = ['INFO', 'WARNING', 'CRITICAL'][id % 3] ?? 'INFO';
  const message = `Order ${id} was paid`;
  const context = { amount: id, customer: { name: 'Acme', city: 'Utrecht' } };
  const created_at = iso(id);
  return {
    id,
    alert_type: 'order.paid',
    severity,
    status: 'pending',
    message,
    operation_type: null,
    context,
    dedupe_key: null,
    delivery_count: 2,
    created_at,
    acknowledged_at: null as string | null,
    acknowledged_by: null as string | null,
    resolved_at: null as string | null,
    resolved_by: null as string | null,
    notes: null as string | null,
    payload: JSON.stringify({
      type: 'order.paid',
      timestamp: created_at,
      data: { alert_id: id, severity, message, context },
    }),
  };
}

/** Every third delivery failed twice and waits, the others arrived. */
export function fakeDelivery(id: number) {
  const isWaiting = id % 3 === 0;
  const error = 'http_503: the receiver answered 503';
  const attempts = Array.from({ length: isWaiting ? 2 : 1 }, (_, index) => ({
    attempt: index + 1,
    status: isWaiting ? 'retrying' : 'delivered',
    status_code: isWaiting ? 503 : 200,
    response_ms: 40 + index,
    error: isWaiting ? error : null,
    response_body: isWaiting ? '<h1>Down for maintenance</h1>' : '{"ok":true}',
    attempted_at: iso(id + index * 5),
    next_attempt_at: isWaiting ? iso(id + 300) : null,
    response_headers: isWaiting ? { 'content-type': 'text/html', 'retry-after': '300', server: 'nginx' } : null,
  }));
  return {
    id,
    alert_id: 40,
    webhook_id: isWaiting ? 1 : 4,
    webhook_name: `Receiver ${isWaiting ? 1 : 4}`,
    url: 'https://receiver-1.example/hooks',
    status: isWaiting ? 'pending' : 'delivered',
    attempt_count: attempts.length,
    last_status_code: isWaiting ? 503 : 200,
    last_error: isWaiting ? error : null,
    response_ms: 40,
    last_attempt_at: iso(id),
    next_attempt_at: isWaiting ? new Date(Date.now() + 120_000).toISOString() : null,
    created_at: iso(id),
    attempts,
  };
}

/** Who got an alert and who did not. */
export const fakeWhy = [
  why(4, 5, 'delivered', 'The receiver answered 200 at attempt 1.'),
  why(1, 3, 'pending', 'The receiver answered 503; the next try is in two minutes.'),
  why(2, null, 'not_matched', 'Its events do not match this alert.'),
];

function why(webhook_id: number, delivery_id: number | null, outcome: string, reason: string) {
  return {
    webhook_id,
    webhook_name: `Receiver ${webhook_id}`,
    delivery_id,
    outcome,
    reason,
    detail: {},
    until_at: null,
  };
}

/** One point per step of what is asked for. */
export function fakeTimeseries(query: URLSearchParams) {
  const step = Number(query.get('step_seconds')) * 1_000;
  const since = Date.parse(query.get('since') ?? '');
  const length = Math.floor((Date.parse(query.get('until') ?? '') - since) / step);
  return Array.from({ length }, (_, index) => ({
    at: new Date(since + index * step).toISOString(),
    delivered: 600 + (index % 7) * 60,
    failed: index % 5 === 0 ? 60 : 0,
    attempts: 660,
    p50_ms: 20,
    p95_ms: 80 + (index % 3) * 10,
    p99_ms: 400,
    queue_depth: 40,
    oldest_due_seconds: 2,
  }));
}

function iso(seconds: number): string {
  return new Date(START + seconds * 1_000).toISOString();
}

/** Two workers, one of which fell silent. */
export function fakeSystem(change: Record<string, unknown> = {}) {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const worker = { host: 'app-1', started_at: ago(7_200), is_alive: true, late_results: 0 };
  const queue = { ready: 12, scheduled: 28, parked: 0, sending: 3 };
  const partitions = {
    alert_partitions: 38,
    log_partitions: 38,
    partition_runway_seconds: 620_000,
    retention_days: 30,
  };
  return {
    version: '0.1.0',
    generated_at: ago(0),
    server: {
      processes: 4,
      restarts: 0,
      started_at: ago(7_200),
      memory_bytes: 402_653_184,
      sockets: 3,
      pool: { size: 48, used: 2, waiting: 0 },
    },
    database: {
      postgres_version: '18.1',
      database_bytes: 734_003_200,
      connections: 14,
      connections_max: 100,
      ...queue,
      ...partitions,
      ...change,
    },
    workers: [
      { ...worker, worker_id: 1, pid: 4242, in_flight: 3, beat_at: ago(2) },
      {
        ...worker,
        worker_id: 2,
        pid: 4243,
        host: 'app-2',
        is_alive: false,
        in_flight: 0,
        beat_at: ago(95),
        late_results: 2,
      },
    ],
  };
}
