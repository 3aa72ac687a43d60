-- One row per webhook. Totals count attempts, as the log does. Healthy webhooks reach it by deltas, folded by one writer
-- about once a second; failures and breaker changes reach it in the statement that records them.
create table tocsin_data.webhook_health_metrics (
  webhook_id integer primary key references tocsin_data.webhooks on delete cascade,
  tenant_id integer not null references tocsin_data.tenants on delete cascade,
  bucket smallint not null,
  total_deliveries bigint not null default 0,
  successful_deliveries bigint not null default 0,
  failed_deliveries bigint not null default 0,
  consecutive_failures integer not null default 0,
  -- Exponentially weighted over about the last fifty attempts, 0 to 1.
  recent_failure_rate real not null default 0,
  avg_response_time_ms real,
  max_response_time_ms integer,
  last_status_code smallint,
  last_error text,
  last_used_at timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  health_status text not null default 'unknown'
    check (health_status in ('healthy', 'degraded', 'unavailable', 'unknown')),
  status_changed_at timestamptz not null default now(),
  breaker_state text not null default 'closed' check (breaker_state in ('closed', 'open', 'half_open')),
  breaker_opened_at timestamptz,
  -- How often in a row the breaker opened: each time it stays open longer.
  breaker_trips smallint not null default 0,
  blocked_until timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- What recording appends for healthy webhooks, one row per batch, the results as they came; deleted when folded.
create table tocsin_data.webhook_health_deltas (
  delta_id bigint not null default nextval('tocsin_data.id_seq'),
  recorded_at timestamptz not null,
  webhook_ids integer[] not null,
  response_ms integer[] not null
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0);
create index webhook_health_deltas_delta_id_idx on tocsin_data.webhook_health_deltas (delta_id);
