-- Figures of a webhook in a minute, and in one latency bucket if it has one: what history_deltas holds as arrays.
create type tocsin_internal.history_figures as (
  minute_at timestamptz, tenant_id integer, webhook_id integer, latency_bucket smallint, attempts integer, delivered integer,
  given_up integer, cancelled integer, queue_depth integer, oldest_due_seconds real, breaker_open_seconds real,
  rate_limited_seconds real
);

-- What an anomaly search compares: x of n in a period, of a subject now (past is null) or in one of its pasts. For a volume x is
-- a number of alerts, and n the part of the window that the period is.
create type tocsin_internal.anomaly_observation as (
  kind text, subject text, past text, starts_at timestamptz, x double precision, n double precision, slow_ms integer
);

-- What the history says of a webhook at a moment: attempts and failures of the last quarter of an hour, of the last hour and of
-- the 24 hours before it; how long its breaker was open; hours in which it failed; sums of log latencies over as many deliveries.
create type tocsin_internal.failure_figures as (
  quarter_attempts bigint, quarter_failed bigint, hour_attempts bigint, hour_failed bigint, day_attempts bigint, day_failed bigint,
  quarter_open_seconds real, hour_open_seconds real, failed_hours bigint, quarter_log_ms double precision,
  before_log_ms double precision, day_log_ms double precision, quarter_delivered bigint, before_delivered bigint, day_delivered bigint
);
