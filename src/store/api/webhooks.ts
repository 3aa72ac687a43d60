// The SQL functions about webhooks, as typed calls.
import { Type } from '@sinclair/typebox';
import { many, maybe, scalar } from '../call.ts';
import * as c from '../columns.ts';
import { formats, severities } from '../vocabulary.ts';

export { formats, severities };
export const healthStatuses = ['healthy', 'degraded', 'unavailable', 'unknown'] as const;

/** When to try again; seconds. What is absent follows the default schedule. */
export const retryPolicy = Type.Object({
  max_retries: Type.Optional(Type.Integer()),
  backoff_base: Type.Optional(Type.Number()),
  max_backoff: Type.Optional(Type.Number()),
  schedule: Type.Optional(Type.Array(Type.Number())),
});

/** A webhook as everyone may see it: no secret, and of the custom headers only the names. */
export const webhookRow = {
  id: c.integer,
  name: c.text,
  url: c.text,
  description: c.nullable(c.text),
  is_active: c.boolean,
  events: c.arrayOf(c.text),
  min_severity: c.oneOf(severities),
  filter: c.nullable(c.jsonObject),
  header_names: c.arrayOf(c.text),
  retry_policy: c.jsonb(retryPolicy),
  timeout_seconds: c.smallint,
  ssl_verify: c.boolean,
  rate_limit_per_second: c.nullable(c.real),
  max_in_flight: c.smallint,
  ordered: c.boolean,
  format: c.oneOf(formats),
  disabled_reason: c.nullable(c.text),
  health_status: c.oneOf(healthStatuses),
  breaker_state: c.oneOf(['closed', 'open', 'half_open']),
  blocked_until: c.nullable(c.timestamptz),
  total_deliveries: c.bigint,
  successful_deliveries: c.bigint,
  failed_deliveries: c.bigint,
  success_rate_percent: c.nullable(c.double),
  last_used_at: c.nullable(c.timestamptz),
  pending_deliveries: c.integer,
  created_at: c.timestamptz,
  updated_at: c.timestamptz,
  /** How many deliveries it gets at a time: max_in_flight, or fewer, and then why. */
  slots: c.smallint,
  slowed_because: c.nullable(c.text),
};

const webhookKey = { p_tenant_id: c.integer, p_webhook_id: c.integer };
const webhookFilters = {
  p_tenant_id: c.integer,
  p_is_active: c.optional(c.boolean),
  p_health_status: c.optional(c.text),
  p_event: c.optional(c.text),
  p_q: c.optional(c.text),
};

export const webhookCalls = {
  create_webhook: scalar(
    {
      p_tenant_id: c.integer,
      p_name: c.text,
      p_url: c.text,
      p_description: c.optional(c.text),
      p_is_active: c.optional(c.boolean),
      p_events: c.optional(c.arrayOf(c.text)),
      p_min_severity: c.optional(c.text),
      p_filter: c.optional(c.jsonObject),
      p_header_names: c.optional(c.arrayOf(c.text)),
      p_headers_sealed: c.optional(c.text),
      p_secret_sealed: c.optional(c.text),
      p_retry_policy: c.optional(c.jsonb(retryPolicy)),
      p_timeout_seconds: c.optional(c.integer),
      p_ssl_verify: c.optional(c.boolean),
      p_rate_limit_per_second: c.optional(c.real),
      p_max_in_flight: c.optional(c.integer),
      p_ordered: c.optional(c.boolean),
      p_format: c.optional(c.text),
    },
    c.integer,
  ),
  update_webhook: scalar({ ...webhookKey, p_changes: c.jsonObject }, c.nothing),
  delete_webhook: scalar(webhookKey, c.nothing),
  enable_webhook: scalar(webhookKey, c.nothing),
  get_webhook: maybe(webhookKey, webhookRow),
  get_webhooks: many({ p_tenant_id: c.integer, p_webhook_ids: c.arrayOf(c.integer) }, webhookRow),
  list_webhooks: many(
    {
      ...webhookFilters,
      p_after_id: c.optional(c.integer),
      p_limit: c.optional(c.integer),
      p_offset: c.optional(c.integer),
    },
    webhookRow,
  ),
  count_webhooks: scalar(webhookFilters, c.bigint),
  rotate_webhook_secret: scalar(
    { ...webhookKey, p_secret_sealed: c.text, p_overlap_seconds: c.optional(c.integer) },
    c.timestamptz,
  ),
  list_sealed: many(
    { p_purpose: c.text, p_key_id: c.text, p_after_id: c.optional(c.bigint), p_limit: c.optional(c.integer) },
    { id: c.bigint, sealed: c.text },
  ),
  replace_sealed: scalar(
    { p_purpose: c.text, p_ids: c.arrayOf(c.bigint), p_sealed: c.arrayOf(c.text), p_resealed: c.arrayOf(c.text) },
    c.integer,
  ),
  update_webhook_health: scalar(
    {
      p_webhook_id: c.integer,
      p_http_status: c.nullable(c.integer),
      p_response_time_ms: c.nullable(c.integer),
      p_error: c.optional(c.text),
    },
    c.text,
  ),
};
