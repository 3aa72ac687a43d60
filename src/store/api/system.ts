// The SQL functions about the system as a whole, as typed calls.
import { many, maybe, one, scalar } from '../call.ts';
import * as c from '../columns.ts';

/** A process that delivers. */
export const workerRow = {
  worker_id: c.bigint,
  host: c.text,
  pid: c.integer,
  started_at: c.timestamptz,
  beat_at: c.timestamptz,
  is_alive: c.boolean,
  in_flight: c.integer,
  late_results: c.bigint,
};

/** What the database says of itself, and of what waits in it. */
export const systemOverviewRow = {
  postgres_version: c.text,
  database_bytes: c.bigint,
  connections: c.integer,
  connections_max: c.integer,
  retention_days: c.integer,
  ready: c.bigint,
  scheduled: c.bigint,
  parked: c.bigint,
  sending: c.bigint,
  oldest_due_seconds: c.double,
  alert_partitions: c.integer,
  log_partitions: c.integer,
  partition_runway_seconds: c.double,
};

export const systemCalls = {
  get_system_overview: one({}, systemOverviewRow),
  list_workers: many({}, workerRow),
  get_system_health: one(
    {},
    {
      active_webhooks: c.integer,
      failed_webhooks: c.integer,
      queue_depth: c.integer,
      oldest_due_seconds: c.double,
      workers: c.integer,
      tenants_near_queue_limit: c.integer,
      scheduled: c.bigint,
      parked: c.bigint,
      sending: c.bigint,
    },
  ),
  get_metrics: one(
    {},
    {
      ready: c.bigint,
      scheduled: c.bigint,
      parked: c.bigint,
      sending: c.bigint,
      oldest_due_seconds: c.double,
      workers: c.integer,
      active_webhooks: c.integer,
      unavailable_webhooks: c.integer,
      breakers_closed: c.integer,
      breakers_open: c.integer,
      breakers_half_open: c.integer,
      alert_partitions: c.integer,
      log_partitions: c.integer,
      key_partitions: c.integer,
      partition_runway_seconds: c.double,
      tenants_near_queue_limit: c.integer,
      tenants_reached_queue_limit: c.integer,
    },
  ),
  watch_system: one(
    { p_scope: c.text },
    {
      is_leader: c.boolean,
      conditions: c.arrayOf(c.text),
      system_conditions: c.arrayOf(c.text),
      workers: c.integer,
      oldest_due_seconds: c.double,
      tenants_near_queue_limit: c.integer,
    },
  ),
  report_condition: scalar(
    {
      p_scope: c.text,
      p_alert_type: c.text,
      p_is_firing: c.boolean,
      p_severity: c.text,
      p_message: c.text,
      p_context: c.optional(c.jsonObject),
    },
    c.nullable(c.bigint),
  ),
  get_schema_state: maybe({}, { rebuilt_sha256: c.text, tables: c.arrayOf(c.text) }),
};
