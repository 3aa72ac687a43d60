// The SQL functions about alerts, as typed calls.
import { Type } from '@sinclair/typebox';
import { many, maybe, one, scalar, scalars } from '../call.ts';
import * as c from '../columns.ts';
import { deliveryStatuses } from './deliveries.ts';
import { severities } from './webhooks.ts';

export const alertStatuses = ['pending', 'acknowledged', 'resolved'] as const;
export const alertRow = {
  id: c.bigint,
  alert_type: c.text,
  severity: c.oneOf(severities),
  status: c.oneOf(alertStatuses),
  message: c.text,
  operation_type: c.nullable(c.text),
  context: c.jsonObject,
  dedupe_key: c.nullable(c.text),
  delivery_count: c.integer,
  created_at: c.timestamptz,
  acknowledged_at: c.nullable(c.timestamptz),
  acknowledged_by: c.nullable(c.text),
  resolved_at: c.nullable(c.timestamptz),
  resolved_by: c.nullable(c.text),
  notes: c.nullable(c.text),
};

/** What became of an alert at one webhook. */
export const whyRow = {
  webhook_id: c.integer,
  webhook_name: c.text,
  delivery_id: c.nullable(c.bigint),
  outcome: c.oneOf([...deliveryStatuses, 'not_matched']),
  reason: c.text,
  detail: c.jsonObject,
  until_at: c.nullable(c.timestamptz),
};

const alertKey = { p_tenant_id: c.integer, p_alert_id: c.bigint };
const alertFilters = {
  p_tenant_id: c.integer,
  p_status: c.optional(c.text),
  p_severity: c.optional(c.text),
  p_alert_type: c.optional(c.text),
  p_since: c.optional(c.timestamptz),
  p_until: c.optional(c.timestamptz),
  p_q: c.optional(c.text),
};

const { acknowledged_at, acknowledged_by, resolved_at, resolved_by, notes, ...lasting } = alertRow;
/** An alert as it was raised: what never changes. */
export const raisedRow = lasting;

const raisedParams = {
  p_alert_type: c.optional(c.text),
  p_message: c.text,
  p_severity: c.optional(c.text),
  p_context: c.optional(c.jsonObject),
  p_operation_type: c.optional(c.text),
  p_dedupe_key: c.optional(c.text),
  p_idempotency_key: c.optional(c.text),
  p_tenant_id: c.optional(c.integer),
  p_traceparent: c.optional(c.text),
};

export const alertCalls = {
  raise_alert: scalar(raisedParams, c.bigint),
  raise_and_get_alert: one(raisedParams, raisedRow),
  raise_and_get_alerts: many(
    { p_alerts: c.jsonb(Type.Array(Type.Unknown())), p_tenant_id: c.optional(c.integer) },
    raisedRow,
  ),
  raise_alerts: scalars(
    {
      p_alerts: c.jsonb(Type.Array(Type.Unknown())),
      p_idempotency_key: c.optional(c.text),
      p_tenant_id: c.optional(c.integer),
      p_traceparent: c.optional(c.text),
    },
    c.bigint,
  ),
  get_alert: maybe(alertKey, { ...alertRow, payload: c.text }),
  list_alerts: many(
    {
      ...alertFilters,
      p_before_id: c.optional(c.bigint),
      p_limit: c.optional(c.integer),
      p_offset: c.optional(c.integer),
    },
    alertRow,
  ),
  count_alerts: scalar(alertFilters, c.bigint),
  acknowledge_alert: one({ ...alertKey, p_by: c.text, p_notes: c.optional(c.text) }, alertRow),
  resolve_alert: one({ ...alertKey, p_by: c.text, p_notes: c.optional(c.text) }, alertRow),
  acknowledge_alerts: one(
    { p_tenant_id: c.integer, p_alert_ids: c.arrayOf(c.bigint), p_by: c.text, p_notes: c.optional(c.text) },
    { acknowledged: c.integer, failed: c.integer },
  ),
  resolve_alerts: one(
    { p_tenant_id: c.integer, p_alert_ids: c.arrayOf(c.bigint), p_by: c.text, p_notes: c.optional(c.text) },
    { resolved: c.integer, failed: c.integer },
  ),
  why_not_delivered: many(
    { p_alert_id: c.bigint, p_webhook_id: c.optional(c.integer), p_tenant_id: c.optional(c.integer) },
    whyRow,
  ),
};
