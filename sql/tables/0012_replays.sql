-- What is to be sent again to one webhook: a window of alerts and a predicate, worked off in the background.
create table tocsin_data.webhook_replays (
  replay_id bigint primary key,
  tenant_id integer not null references tocsin_data.tenants on delete cascade,
  webhook_id integer not null references tocsin_data.webhooks on delete cascade,
  -- queueing: more is to be looked at; delivering: all is queued, and some has not ended.
  state text not null default 'queueing' check (state in ('queueing', 'delivering', 'finished', 'cancelled')),
  status text not null check (status in ('failed', 'delivered', 'all')),
  -- Alerts from from_id on and before before_id; deliveries made later than the replay are none of its business.
  from_id bigint not null,
  before_id bigint not null,
  alert_types text[],
  alert_ids bigint[],
  filter jsonb,
  delivery_limit integer check (delivery_limit > 0),
  -- Null: as fast as maintenance does it.
  per_second integer check (per_second between 1 and 5000),
  -- What was counted when it was asked for; what ends or begins to wait meanwhile changes what is queued.
  total integer not null,
  queued integer not null default 0,
  delivered integer not null default 0,
  failed integer not null default 0,
  cancelled integer not null default 0,
  -- How far the queueing is: the last alert looked at, or with a status the last delivery.
  position bigint not null,
  -- How far this round of looking for ended deliveries is.
  settled_position bigint not null default 0,
  created_at timestamptz not null default now(),
  advanced_at timestamptz not null default now(),
  finished_at timestamptz
) with (fillfactor = 70);
create index webhook_replays_webhook_id_idx on tocsin_data.webhook_replays (webhook_id, replay_id);
create index webhook_replays_open_idx on tocsin_data.webhook_replays (advanced_at) where finished_at is null;

-- Deliveries that a replay has queued and that have not ended since.
create table tocsin_data.webhook_replay_deliveries (
  replay_id bigint not null references tocsin_data.webhook_replays on delete cascade,
  delivery_id bigint not null,
  -- The first attempt that counts for the replay.
  attempt smallint not null,
  primary key (replay_id, delivery_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Deliveries that replays made of alerts which had none for the webhook: their ids lie outside the alert's own range. The key
-- keeps two replays from making the same delivery.
create table tocsin_data.alert_redeliveries (
  alert_id bigint not null,
  webhook_id integer not null references tocsin_data.webhooks on delete cascade,
  delivery_id bigint not null,
  tenant_id integer not null,
  primary key (alert_id, webhook_id)
);
