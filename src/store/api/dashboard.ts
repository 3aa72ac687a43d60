// The SQL functions behind the dashboard, as typed calls.
import { Type } from '@sinclair/typebox';
import { many, maybe, one } from '../call.ts';
import * as c from '../columns.ts';
import { healthStatuses } from './webhooks.ts';

export const overviewRow = {
  total_deliveries: c.bigint,
  successful_deliveries: c.bigint,
  failed_deliveries: c.bigint,
  pending_deliveries: c.bigint,
  success_rate_percent: c.nullable(c.double),
  total_webhooks: c.integer,
  active_webhooks: c.integer,
  healthy_webhooks: c.integer,
  degraded_webhooks: c.integer,
  unavailable_webhooks: c.integer,
  failing_since: c.nullable(c.timestamptz),
  total_alerts: c.bigint,
  pending_alerts: c.bigint,
  failed_alerts: c.bigint,
  oldest_due_seconds: c.nullable(c.double),
  generated_at: c.timestamptz,
  queue_limit: c.nullable(c.integer),
  queue_used_percent: c.nullable(c.double),
  /** near: from 80 % on; reached: raising is refused. Null where there is no limit. */
  queue_limit_state: c.nullable(c.oneOf(['free', 'near', 'reached'])),
};

export const performanceRow = {
  p50_latency_ms: c.nullable(c.double),
  p95_latency_ms: c.nullable(c.double),
  p99_latency_ms: c.nullable(c.double),
  error_rate_percent: c.nullable(c.double),
  deliveries_per_second: c.double,
  delivered: c.bigint,
  failed: c.bigint,
  attempts: c.bigint,
  queue_depth: c.bigint,
  oldest_due_seconds: c.nullable(c.double),
  window_seconds: c.integer,
  generated_at: c.timestamptz,
};

/** A tile of the health grid. */
export const tileRow = {
  id: c.integer,
  name: c.text,
  is_active: c.boolean,
  disabled_reason: c.nullable(c.text),
  health_status: c.oneOf(healthStatuses),
  breaker_state: c.oneOf(['closed', 'open', 'half_open']),
  blocked_until: c.nullable(c.timestamptz),
  status_changed_at: c.nullable(c.timestamptz),
  consecutive_failures: c.integer,
  last_status_code: c.nullable(c.smallint),
  last_error: c.nullable(c.text),
  last_used_at: c.nullable(c.timestamptz),
  success_rate_percent: c.nullable(c.double),
  pending_deliveries: c.integer,
  delivered: c.bigint,
  failed: c.bigint,
  p95_ms: c.nullable(c.double),
  sparkline: c.arrayOf(c.integer),
  failed_sparkline: c.arrayOf(c.integer),
};

export const anomalyKinds = ['failure_rate', 'latency', 'volume'] as const;
export const anomalyRow = {
  kind: c.oneOf(anomalyKinds),
  webhook_id: c.nullable(c.integer),
  webhook_name: c.nullable(c.text),
  alert_type: c.nullable(c.text),
  severity: c.text,
  observed: c.double,
  expected: c.double,
  unit: c.text,
  deviation: c.double,
  sample_size: c.bigint,
  past_sample_size: c.bigint,
  past_periods: c.integer,
  compared_with: c.text,
  since: c.timestamptz,
  description: c.text,
};

/** What raises or lowers a risk: `value` × `weight` is the contribution, and those of all add up to the logit. */
const riskFigure = Type.Object({
  name: Type.String(),
  observed: Type.Union([Type.String(), Type.Null()]),
  value: Type.Number(),
  weight: Type.Number(),
  contribution: Type.Number(),
});
export const failureRiskRow = {
  webhook_id: c.integer,
  webhook_name: c.text,
  probability: c.double,
  attempts_last_hour: c.bigint,
  failed_last_hour: c.bigint,
  attempts_day_before: c.bigint,
  failed_day_before: c.bigint,
  reason: c.text,
  figures: c.jsonb(Type.Array(riskFigure)),
};

export const timePointRow = {
  at: c.timestamptz,
  delivered: c.bigint,
  failed: c.bigint,
  attempts: c.bigint,
  given_up: c.bigint,
  cancelled: c.bigint,
  p50_ms: c.nullable(c.double),
  p95_ms: c.nullable(c.double),
  p99_ms: c.nullable(c.double),
  queue_depth: c.nullable(c.integer),
  oldest_due_seconds: c.nullable(c.double),
  breaker_open_seconds: c.double,
  rate_limited_seconds: c.double,
};

export const alertSummaryRow = {
  total: c.bigint,
  pending: c.bigint,
  acknowledged: c.bigint,
  resolved: c.bigint,
  failed: c.bigint,
  critical: c.bigint,
  warning: c.bigint,
  info: c.bigint,
  avg_pending_hours: c.nullable(c.double),
  oldest_pending_alert: c.nullable(c.timestamptz),
  oldest_pending_alert_id: c.nullable(c.bigint),
};

export const dashboardCalls = {
  get_dashboard_overview: one({ p_tenant_id: c.integer }, overviewRow),
  get_dashboard_performance: one({ p_tenant_id: c.integer, p_window_seconds: c.optional(c.integer) }, performanceRow),
  list_dashboard_webhooks: many(
    { p_tenant_id: c.integer, p_after_id: c.optional(c.integer), p_limit: c.optional(c.integer) },
    tileRow,
  ),
  get_failure_risk: maybe({ p_webhook_id: c.integer, p_tenant_id: c.optional(c.integer) }, failureRiskRow),
  list_failure_risks: many(
    { p_tenant_id: c.integer, p_after_id: c.optional(c.integer), p_limit: c.optional(c.integer) },
    failureRiskRow,
  ),
  list_anomalies: many({ p_tenant_id: c.integer, p_window_seconds: c.optional(c.integer) }, anomalyRow),
  get_timeseries: many(
    {
      p_tenant_id: c.integer,
      p_webhook_id: c.optional(c.integer),
      p_since: c.optional(c.timestamptz),
      p_until: c.optional(c.timestamptz),
      p_step_seconds: c.optional(c.integer),
    },
    timePointRow,
  ),
  get_alert_summary: one({ p_tenant_id: c.integer }, alertSummaryRow),
};
