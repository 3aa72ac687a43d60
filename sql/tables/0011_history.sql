-- What happened in each minute, five minutes and hour: much smaller than the log, and kept longer. A row only where something
-- happened. webhook_id 0 stands for all webhooks of a tenant, tenant_id 0 (and webhook_id 0) for all tenants.
create table tocsin_data.history (
  step_seconds smallint not null,
  starts_at timestamptz not null,
  tenant_id integer not null,
  webhook_id integer not null,
  -- Attempts that were delivered, and with the others those that failed; then deliveries that ended for good otherwise.
  attempts integer not null,
  delivered integer not null,
  given_up integer not null,
  cancelled integer not null,
  -- The largest of the samples; null when none was taken.
  queue_depth integer,
  oldest_due_seconds real,
  -- Of all webhooks: the sum of theirs.
  breaker_open_seconds real not null,
  rate_limited_seconds real not null,
  -- How long the delivered attempts took: places in tocsin_internal.latency_bounds(), ascending, and how many fell there.
  latency_buckets smallint[] not null,
  latency_counts integer[] not null,
  primary key (tenant_id, webhook_id, starts_at, step_seconds)
) partition by list (step_seconds);
create table tocsin_data.history_minutes partition of tocsin_data.history for values in (60) partition by range (starts_at);
create table tocsin_data.history_five_minutes partition of tocsin_data.history for values in (300)
  partition by range (starts_at);
create table tocsin_data.history_hours partition of tocsin_data.history for values in (3600) partition by range (starts_at);

-- Results that recording does not put into webhook_health_deltas, one row per batch; deleted when folded, each second.
create table tocsin_data.history_results (
  minute_at timestamptz not null,
  tenant_ids integer[] not null,
  webhook_ids integer[] not null,
  statuses text[] not null,
  -- False where a delivery ended without being sent.
  are_attempts boolean[] not null,
  response_ms integer[] not null
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0);

-- Figures on their way to history: appended by each fold and each sample, added to history and deleted when their minute is
-- over. The arrays have one element per webhook and latency bucket (null: the element has no latency). An absent array is all
-- nulls; where attempts is absent there are as many as delivered.
create table tocsin_data.history_deltas (
  minute_at timestamptz not null,
  -- Whether the row holds the sums over the webhooks of each tenant, and of all; each figure is in one row of either kind.
  is_total boolean not null,
  -- A row of sums has tenants, the other kind webhooks.
  tenant_ids integer[],
  webhook_ids integer[],
  latency_buckets smallint[],
  attempts integer[],
  delivered integer[],
  given_up integer[],
  cancelled integer[],
  queue_depths integer[],
  oldest_due_seconds real[],
  breaker_open_seconds real[],
  rate_limited_seconds real[]
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
  autovacuum_vacuum_cost_delay = 0);
-- They live for a minute: compressing them takes longer than all else.
alter table tocsin_data.history_deltas alter webhook_ids set storage external, alter latency_buckets set storage external,
  alter delivered set storage external;
create index history_deltas_minute_at_idx on tocsin_data.history_deltas (minute_at);

-- How many alerts there are, by the hour in which they were raised; those from counted_before_id on are not in yet.
create table tocsin_data.alert_hours (
  tenant_id integer not null,
  starts_at timestamptz not null,
  info integer not null,
  warning integer not null,
  critical integer not null,
  pending integer not null,
  acknowledged integer not null,
  resolved integer not null,
  -- The sum over the pending ones of the time from starts_at to their id, in the 1/1024 s of ids.
  pending_offset bigint not null,
  primary key (tenant_id, starts_at)
) with (fillfactor = 70);

-- Alerts of each type by five minutes.
create table tocsin_data.alert_type_counts (
  tenant_id integer not null,
  alert_type text not null,
  starts_at timestamptz not null,
  alerts integer not null,
  primary key (tenant_id, starts_at, alert_type)
) partition by range (starts_at);

-- Changes of the status of alerts that may be in alert_hours already.
create table tocsin_data.alert_changes (
  tenant_id integer not null,
  alert_id bigint not null,
  was text not null,
  becomes text not null
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Every transaction that is younger than xid began to write after ticked_at: tells up to which id all alerts are committed,
-- see tocsin_internal.tally_alerts.
create table tocsin_data.history_ticks (
  ticked_at timestamptz not null,
  xid xid8 not null
) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

create table tocsin_data.history_state (
  is_only boolean primary key default true check (is_only),
  sampled_slot bigint not null default 0,
  depth_due_at timestamptz not null default '-infinity',
  tally_due_at timestamptz not null default '-infinity',
  counted_before_id bigint not null default 0
) with (fillfactor = 20);
insert into tocsin_data.history_state default values;

create index webhook_lanes_rate_limited_idx on tocsin_data.webhook_lanes (webhook_id) where rate_limit_per_second is not null;
