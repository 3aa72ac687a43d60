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
