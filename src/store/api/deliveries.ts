// The SQL functions about deliveries and their attempts, as typed calls.
import { many, maybe, one, scalar } from '../call.ts';
import * as c from '../columns.ts';

export const deliveryStatuses = ['pending', 'sending', 'delivered', 'failed', 'cancelled'] as const;
export const attemptStatuses = ['delivered', 'retrying', 'failed', 'cancelled'] as const;

export const deliveryRow = {
  id: c.bigint,
  alert_id: c.bigint,
  webhook_id: c.integer,
  status: c.oneOf(deliveryStatuses),
  attempt_count: c.integer,
  last_status_code: c.nullable(c.smallint),
  last_error: c.nullable(c.text),
  response_ms: c.nullable(c.integer),
  last_attempt_at: c.nullable(c.timestamptz),
  next_attempt_at: c.nullable(c.timestamptz),
  created_at: c.timestamptz,
};

export const attemptRow = {
  attempt: c.smallint,
  status: c.oneOf(attemptStatuses),
  status_code: c.nullable(c.smallint),
  response_ms: c.nullable(c.integer),
  error: c.nullable(c.text),
  response_body: c.nullable(c.text),
  attempted_at: c.timestamptz,
  next_attempt_at: c.nullable(c.timestamptz),
  /** Of failures, those that help to find the cause. */
  response_headers: c.nullable(c.jsonObject),
};

const deliveryKey = { p_tenant_id: c.integer, p_delivery_id: c.bigint };
const deliveryFilters = {
  p_tenant_id: c.integer,
  p_status: c.optional(c.text),
  p_webhook_id: c.optional(c.integer),
  p_alert_id: c.optional(c.bigint),
  p_since: c.optional(c.timestamptz),
  p_until: c.optional(c.timestamptz),
};

export const deliveryCalls = {
  list_deliveries: many(
    {
      ...deliveryFilters,
      p_before_id: c.optional(c.bigint),
      p_limit: c.optional(c.integer),
      p_offset: c.optional(c.integer),
    },
    deliveryRow,
  ),
  count_deliveries: scalar(deliveryFilters, c.bigint),
  get_delivery: maybe(deliveryKey, { ...deliveryRow, webhook_name: c.text, url: c.text }),
  list_attempts: many(deliveryKey, attemptRow),
  retry_delivery: one({ p_delivery_id: c.bigint, p_tenant_id: c.optional(c.integer) }, deliveryRow),
  count_pending_by_status: many({ p_tenant_id: c.optional(c.integer) }, { status: c.text, count: c.bigint }),
};
