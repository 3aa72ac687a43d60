// The SQL functions that delivery workers call, as typed calls.
import { many, maybe, one, scalar } from '../call.ts';
import * as c from '../columns.ts';

const results = {
  p_lease_ids: c.arrayOf(c.bigint),
  p_delivery_ids: c.arrayOf(c.bigint),
  p_alert_ids: c.arrayOf(c.bigint),
  p_webhook_ids: c.arrayOf(c.integer),
  p_attempts: c.arrayOf(c.smallint),
  p_outcomes: c.nullable(c.arrayOf(c.text)),
  p_status_codes: c.arrayOf(c.nullable(c.smallint)),
  p_response_ms: c.arrayOf(c.nullable(c.integer)),
  p_errors: c.nullable(c.arrayOf(c.nullable(c.text))),
  p_response_bodies: c.nullable(c.arrayOf(c.nullable(c.text))),
  p_retry_after_seconds: c.nullable(c.arrayOf(c.nullable(c.integer))),
};

const claim = {
  p_worker_id: c.bigint,
  p_limit: c.integer,
  p_lease_ms: c.integer,
  p_after_webhook_id: c.integer,
  p_buckets: c.nullable(c.arrayOf(c.smallint)),
  p_overdue_ms: c.integer,
  p_busy_webhook_ids: c.arrayOf(c.integer),
  p_busy_counts: c.arrayOf(c.integer),
  p_floor_webhook_ids: c.optional(c.arrayOf(c.integer)),
  p_floor_delivery_ids: c.optional(c.arrayOf(c.bigint)),
  p_walks: c.optional(c.boolean),
};

/** A claimed batch in comma-separated columns; all null when nothing was due. */
const claimRow = {
  lease_id: c.nullable(c.bigint),
  delivery_ids: c.nullable(c.text),
  alert_ids: c.nullable(c.text),
  webhook_ids: c.nullable(c.text),
  attempts: c.nullable(c.text),
  versions: c.nullable(c.text),
  payload_alert_ids: c.nullable(c.text),
  payloads: c.nullable(c.text),
  next_after_webhook_id: c.integer,
  next_ready_ms: c.nullable(c.integer),
  walk_us: c.nullable(c.integer),
};

export const workerCalls = {
  beat_worker: one(
    { p_worker_id: c.nullable(c.bigint), p_host: c.text, p_pid: c.integer },
    { worker_id: c.bigint, live_worker_ids: c.text, now_at: c.timestamptz },
  ),
  remove_worker: scalar({ p_worker_id: c.bigint }, c.nothing),
  claim_deliveries: one(claim, claimRow),
  record_delivery_results: one(
    { ...results, p_closed_lease_ids: c.optional(c.arrayOf(c.bigint)), p_worker_id: c.optional(c.bigint) },
    { recorded: c.integer, late: c.integer },
  ),
  record_and_claim: one(
    { ...results, p_closed_lease_ids: c.arrayOf(c.bigint), ...claim },
    { recorded: c.integer, late: c.integer, ...claimRow },
  ),
  keep_answer_headers: scalar(
    { p_delivery_ids: c.arrayOf(c.bigint), p_attempts: c.arrayOf(c.smallint), p_headers: c.arrayOf(c.text) },
    c.nothing,
  ),
  release_leases: scalar({ p_worker_id: c.bigint, p_keep_lease_ids: c.optional(c.arrayOf(c.bigint)) }, c.integer),
  reap_leases: scalar({ p_beat_timeout_seconds: c.optional(c.integer) }, c.integer),
  get_delivery_targets: many(
    { p_webhook_ids: c.arrayOf(c.integer) },
    {
      webhook_id: c.integer,
      tenant_id: c.integer,
      version: c.integer,
      url: c.text,
      format: c.text,
      headers_sealed: c.nullable(c.text),
      secrets_sealed: c.arrayOf(c.text),
      secrets_valid_until: c.arrayOf(c.nullable(c.timestamptz)),
      timeout_seconds: c.smallint,
      ssl_verify: c.boolean,
    },
  ),
  get_ready_deliveries: many(
    { p_limit: c.optional(c.integer), p_worker_id: c.optional(c.bigint), p_lease_seconds: c.optional(c.integer) },
    {
      delivery_id: c.bigint,
      alert_id: c.bigint,
      webhook_id: c.integer,
      url: c.text,
      message_body: c.text,
      retry_count: c.integer,
      max_retries: c.integer,
      attempt: c.smallint,
      lease_id: c.bigint,
      lease_expires_at: c.timestamptz,
    },
  ),
  run_maintenance: maybe(
    {},
    {
      promoted: c.integer,
      parked: c.integer,
      unparked: c.integer,
      cancelled: c.integer,
      reaped: c.integer,
      folded: c.integer,
    },
  ),
  maintain_partitions: one(
    { p_retention_days: c.optional(c.integer), p_now: c.optional(c.timestamptz) },
    { made: c.integer, expired: c.integer, dropped: c.integer },
  ),
};
