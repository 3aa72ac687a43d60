// The rows that the examples of the OpenAPI document are made of: one shop, one alert of it, and what became of that.
const DAY = '2026-06-01';
const at = (time: string) => `${DAY}T${time}Z`;

const WEBHOOK_ID = 1;
/** Ids hold their time: these are of the moment that the rows name. */
const [ALERT_ID, DELIVERY_ID, REPLAY_ID] = [374346665164801, 374346665164802, 374346673553409] as const;

export const ids = { webhook: WEBHOOK_ID, alert: ALERT_ID, delivery: DELIVERY_ID, replay: REPLAY_ID, apiKey: 7 };

export const webhook = {
  id: WEBHOOK_ID,
  name: 'Billing',
  url: 'https://example.com/webhooks/tocsin',
  description: 'Invoices and refunds',
  is_active: true,
  events: ['order.*'],
  min_severity: 'INFO',
  filter: { 'context.amount': { gte: 100 } },
  header_names: ['x-team'],
  retry_policy: { max_retries: 9 },
  timeout_seconds: 30,
  ssl_verify: true,
  rate_limit_per_second: null,
  max_in_flight: 10,
  ordered: false,
  format: 'standard',
  health_status: 'healthy',
  breaker_state: 'closed',
  total_deliveries: 1204,
  successful_deliveries: 1201,
  failed_deliveries: 3,
  success_rate_percent: 99.75,
  last_used_at: at('12:00:00.412'),
  created_at: at('08:00:00.000'),
  updated_at: at('08:00:00.000'),
};

/** What a caller sends; the fewest fields are `name` and `url`. */
export const newWebhook = {
  name: 'Billing',
  url: 'https://example.com/webhooks/tocsin',
  events: ['order.*'],
  filter: { 'context.amount': { gte: 100 } },
  headers: { 'x-team': 'billing' },
};

export const newAlert = {
  message: 'Order 42 was paid',
  alert_type: 'order.paid',
  severity: 'INFO',
  context: { order_id: 42, amount: 129.5 },
};

export const alert = {
  id: ALERT_ID,
  ...newAlert,
  status: 'pending',
  delivery_count: 1,
  created_at: at('12:00:00.000'),
};

const seen = { status: 'acknowledged', acknowledged_at: at('12:05:00.000'), acknowledged_by: 'ann', notes: 'On it' };
export const acknowledgedAlert = { ...alert, ...seen };
export const resolvedAlert = {
  ...alert,
  ...seen,
  status: 'resolved',
  resolved_at: at('12:20:00.000'),
  resolved_by: 'ann',
};

/** The text that was signed. */
export const payload = JSON.stringify({
  type: alert.alert_type,
  timestamp: alert.created_at,
  data: { alert_id: ALERT_ID, severity: alert.severity, message: alert.message, context: alert.context },
});

export const delivery = {
  id: DELIVERY_ID,
  alert_id: ALERT_ID,
  webhook_id: WEBHOOK_ID,
  status: 'delivered',
  attempt_count: 2,
  last_status_code: 200,
  response_ms: 41,
  last_attempt_at: at('12:00:05.530'),
  created_at: at('12:00:00.000'),
};

export const attempts = [
  {
    attempt: 1,
    status: 'retrying',
    status_code: 503,
    response_ms: 12,
    error: 'http_503: the receiver answered 503',
    response_body: 'Down for maintenance',
    attempted_at: at('12:00:00.412'),
    next_attempt_at: at('12:00:05.400'),
    response_headers: { 'retry-after': '5' },
  },
  {
    attempt: 2,
    status: 'delivered',
    status_code: 200,
    response_ms: 41,
    response_body: 'ok',
    attempted_at: at('12:00:05.530'),
  },
];

export const why = {
  webhook_id: WEBHOOK_ID,
  webhook_name: webhook.name,
  delivery_id: DELIVERY_ID,
  outcome: 'delivered',
  reason: 'Delivered at attempt 2: the receiver answered 200.',
  detail: { status_code: 200, attempt: 2 },
};

export const replay = {
  id: REPLAY_ID,
  webhook_id: WEBHOOK_ID,
  state: 'delivering',
  status: 'failed',
  since: at('11:00:00.000'),
  until: at('12:00:00.000'),
  total: 120,
  queued: 120,
  done: 80,
  delivered: 79,
  failed: 1,
  pending: 40,
  created_at: at('12:30:00.000'),
};

export const overview = {
  total_deliveries: 1204,
  successful_deliveries: 1201,
  failed_deliveries: 3,
  pending_deliveries: 12,
  success_rate_percent: 99.75,
  total_webhooks: 4,
  active_webhooks: 4,
  healthy_webhooks: 3,
  degraded_webhooks: 1,
  total_alerts: 310,
  pending_alerts: 5,
  oldest_due_seconds: 0.4,
  generated_at: at('12:30:00.000'),
};

export const performance = {
  p50_latency_ms: 38,
  p95_latency_ms: 120,
  p99_latency_ms: 310,
  error_rate_percent: 0.25,
  deliveries_per_second: 1.3,
  delivered: 1201,
  failed: 3,
  attempts: 1204,
  queue_depth: 12,
  oldest_due_seconds: 0.4,
  window_seconds: 900,
  generated_at: at('12:30:00.000'),
  cache_hit_rate_percent: 98.2,
};

export const tile = {
  id: WEBHOOK_ID,
  name: webhook.name,
  is_active: true,
  health_status: 'healthy',
  breaker_state: 'closed',
  last_status_code: 200,
  last_used_at: at('12:00:05.530'),
  success_rate_percent: 99.75,
  delivered: 240,
  p95_ms: 120,
  sparkline: [12, 18, 20, 16, 14, 15, 17, 16, 18, 15, 14, 16, 17, 16, 16],
  failed_sparkline: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};

export const anomaly = {
  kind: 'failure_rate',
  webhook_id: WEBHOOK_ID,
  webhook_name: webhook.name,
  severity: 'WARNING',
  observed: 31.2,
  expected: 0.4,
  unit: 'percent',
  sample_size: 480,
  past_sample_size: 9120,
  compared_with: 'the same hour of the last 20 days',
  since: at('12:10:00.000'),
  description: 'Billing failed 31.2 % of 480 attempts; 0.4 % is usual.',
};

export const risk = {
  webhook_id: WEBHOOK_ID,
  webhook_name: webhook.name,
  probability: 0.04,
  attempts_last_hour: 80,
  failed_last_hour: 1,
  attempts_day_before: 1900,
  failed_day_before: 4,
  reason: '1 of the last 80 attempts failed.',
};

export const timePoint = {
  at: at('12:00:00.000'),
  delivered: 79,
  failed: 1,
  attempts: 80,
  p50_ms: 38,
  p95_ms: 120,
  p99_ms: 310,
  queue_depth: 12,
  oldest_due_seconds: 0.4,
};

export const summary = {
  total: 310,
  pending: 5,
  acknowledged: 12,
  resolved: 293,
  failed: 1,
  critical: 2,
  warning: 40,
  info: 268,
  avg_pending_hours: 0.4,
  oldest_pending_alert: at('12:00:00.000'),
  oldest_pending_alert_id: ALERT_ID,
};

export const apiKey = {
  id: ids.apiKey,
  name: 'ci',
  role: 'operator',
  key_prefix: 'tsk_6Fq0aX',
  rate_limit: 1000,
  created_at: at('08:00:00.000'),
  last_used_at: at('12:00:00.000'),
};

export const tenant = { id: 2, name: 'acme', created_at: at('08:00:00.000') };

export const now = at('12:30:00.000');
