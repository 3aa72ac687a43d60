-- Deliveries that wait, due now or within two minutes. Inserted once, deleted once by the claim, never updated.
-- Lanes: the claim walks (bucket, webhook_id) by skip scan and takes a few rows of each. No primary key: ids are unique
-- by construction and a second index would double the work. due_at is always tocsin_internal.id_time(delivery_id) or the
-- next_attempt_at of the last logged attempt, so any waiting delivery can be found by this index.
create table tocsin_data.alert_delivery_queue (
  due_at timestamptz not null,
  delivery_id bigint not null,
  alert_id bigint not null,
  webhook_id integer not null,
  tenant_id integer not null,
  bucket smallint not null,
  attempt smallint not null
) with (
  fillfactor = 100, vacuum_truncate = off,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000
);
create index alert_delivery_queue_lane_idx
  on tocsin_data.alert_delivery_queue (bucket, webhook_id, due_at, delivery_id);

-- Deliveries due later than that: a lane whose head lies in the future would cost a probe per claim.
create table tocsin_data.alert_delivery_retries (
  like tocsin_data.alert_delivery_queue
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index alert_delivery_retries_due_at_idx on tocsin_data.alert_delivery_retries (due_at);
create index alert_delivery_retries_delivery_id_idx on tocsin_data.alert_delivery_retries (delivery_id);

-- Deliveries of webhooks that are disabled, deleted or whose breaker is open.
create table tocsin_data.alert_delivery_parked (
  like tocsin_data.alert_delivery_queue
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index alert_delivery_parked_lane_idx
  on tocsin_data.alert_delivery_parked (bucket, webhook_id, due_at, delivery_id);
create index alert_delivery_parked_delivery_id_idx on tocsin_data.alert_delivery_parked (delivery_id);

-- One row per claimed batch, its members as arrays; lease_id is the fencing token. The row goes when the batch is
-- recorded; a dead worker's batches go back to the queue, less what the log already has.
create table tocsin_data.alert_delivery_leases (
  lease_id bigint primary key default nextval('tocsin_data.id_seq'),
  worker_id bigint,
  claimed_at timestamptz not null,
  expires_at timestamptz not null,
  delivery_ids bigint[] not null,
  alert_ids bigint[] not null,
  webhook_ids integer[] not null,
  attempts smallint[] not null
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0);
create table tocsin_data.workers (
  worker_id bigint primary key default nextval('tocsin_data.id_seq'),
  host text not null,
  pid integer not null,
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  -- Results that came after their lease was given away: they changed nothing.
  late_results bigint not null default 0
);

-- Append-only, a row per attempt. Recording twice is harmless thanks to the key; the id comes first in it, because a
-- look-up by id and the list of the newest are what people ask for.
create table tocsin_data.alert_delivery_log (
  delivery_id bigint not null,
  alert_id bigint not null,
  attempted_at timestamptz not null,
  next_attempt_at timestamptz,
  webhook_id integer not null,
  tenant_id integer not null,
  response_ms integer,
  status_code smallint,
  bucket smallint not null,
  attempt smallint not null,
  status text not null check (status in ('delivered', 'retrying', 'failed', 'cancelled')),
  error text,
  response_body text,
  primary key (delivery_id, bucket, attempt)
) partition by range (delivery_id);
create index alert_delivery_log_webhook_id_idx on tocsin_data.alert_delivery_log (webhook_id, delivery_id);
create index alert_delivery_log_failed_idx
  on tocsin_data.alert_delivery_log (tenant_id, delivery_id) where status = 'failed';
