// The rows of the REST API as the page reads them: names as in JSON, times as ISO 8601 text.

export type HealthStatus = 'healthy' | 'degraded' | 'unavailable' | 'unknown';
export type Severity = 'INFO' | 'WARNING' | 'CRITICAL';
export type AlertStatus = 'pending' | 'acknowledged' | 'resolved';
export type DeliveryStatus = 'pending' | 'sending' | 'delivered' | 'failed' | 'cancelled';
export type AttemptStatus = 'delivered' | 'retrying' | 'failed' | 'cancelled';

export interface Page<Row> {
  items: Row[];
  total: number;
  next_cursor: string | null;
}

export interface RetryPolicy {
  max_retries?: number;
  backoff_base?: number;
  max_backoff?: number;
  schedule?: number[];
}

export interface Webhook {
  id: number;
  name: string;
  url: string;
  description: string | null;
  is_active: boolean;
  events: string[];
  min_severity: Severity;
  filter: Record<string, unknown> | null;
  header_names: string[];
  retry_policy: RetryPolicy;
  timeout_seconds: number;
  ssl_verify: boolean;
  rate_limit_per_second: number | null;
  max_in_flight: number;
  ordered: boolean;
  format: string;
  disabled_reason: string | null;
  health_status: HealthStatus;
  breaker_state: 'closed' | 'open' | 'half_open';
  blocked_until: string | null;
  total_deliveries: number;
  successful_deliveries: number;
  failed_deliveries: number;
  success_rate_percent: number | null;
  last_used_at: string | null;
  pending_deliveries: number;
  /** As many it gets at a time now, of `max_in_flight`; and why not all. */
  slots?: number;
  slowed_because?: string | null;
  created_at: string;
  updated_at: string;
  /** Only in the answers to create and rotate. */
  secret?: string;
}

export interface Alert {
  id: number;
  alert_type: string;
  severity: Severity;
  status: AlertStatus;
  message: string;
  operation_type: string | null;
  context: Record<string, unknown>;
  dedupe_key: string | null;
  delivery_count: number;
  created_at: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  resolved_at: string | null;
  resolved_by: string | null;
  notes: string | null;
  /** The exact text that receivers get; only with one alert. */
  payload?: string;
}

export interface Attempt {
  attempt: number;
  status: AttemptStatus;
  status_code: number | null;
  response_ms: number | null;
  error: string | null;
  response_body: string | null;
  attempted_at: string;
  next_attempt_at: string | null;
  /** Of failures. */
  response_headers?: Record<string, string> | null;
}

export interface Delivery {
  id: number;
  alert_id: number;
  webhook_id: number;
  webhook_name?: string;
  url?: string;
  status: DeliveryStatus;
  attempt_count: number;
  last_status_code: number | null;
  last_error: string | null;
  response_ms: number | null;
  last_attempt_at: string | null;
  next_attempt_at: string | null;
  created_at: string;
  attempts?: Attempt[];
}

/** Why one webhook did or did not get an alert. */
export interface Why {
  webhook_id: number;
  webhook_name: string;
  delivery_id: number | null;
  outcome: DeliveryStatus | 'not_matched';
  /** A sentence. */
  reason: string;
  detail: Record<string, unknown>;
  until_at: string | null;
}

/** The answer that a test of a webhook got. */
export interface TestAnswer {
  success: boolean;
  status_code: number | null;
  response_ms: number | null;
  error: string | null;
  response_body: string | null;
  message_id: string;
}
