// The SQL functions that the live feed reads, as typed calls.
import { many } from '../call.ts';
import * as c from '../columns.ts';

export const liveCalls = {
  list_feed_alerts: many(
    { p_tenant_ids: c.arrayOf(c.integer), p_after_id: c.bigint, p_limit: c.optional(c.integer) },
    {
      tenant_id: c.integer,
      alert_id: c.bigint,
      alert_type: c.text,
      severity: c.text,
      message: c.text,
      status: c.text,
      created_at: c.timestamptz,
    },
  ),
  list_feed_webhooks: many(
    { p_tenant_ids: c.arrayOf(c.integer), p_since: c.timestamptz, p_limit: c.optional(c.integer) },
    {
      tenant_id: c.integer,
      webhook_id: c.integer,
      webhook_name: c.text,
      health_status: c.text,
      success_rate_percent: c.nullable(c.double),
      status_changed_at: c.timestamptz,
    },
  ),
  list_feed_deliveries: many(
    { p_tenant_ids: c.arrayOf(c.integer), p_since: c.timestamptz, p_limit: c.optional(c.integer) },
    {
      tenant_id: c.integer,
      delivery_id: c.bigint,
      alert_id: c.bigint,
      webhook_id: c.integer,
      status: c.text,
      attempt: c.smallint,
      status_code: c.nullable(c.smallint),
      response_ms: c.nullable(c.integer),
      error: c.nullable(c.text),
      attempted_at: c.timestamptz,
    },
  ),
};
