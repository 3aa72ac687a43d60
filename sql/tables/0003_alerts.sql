-- One row per alert; partitions are ranges of ids, which are ranges of time (tocsin_internal.next_id).
create table tocsin_data.alerts (
  alert_id bigint not null,
  tenant_id integer not null,
  alert_type text not null,
  severity text not null,
  operation_type text,
  message text not null,
  -- The body that is sent, stored once and as text: what is signed is never serialised again. It holds the context.
  payload text not null,
  status text not null default 'pending' check (status in ('pending', 'acknowledged', 'resolved')),
  dedupe_key text,
  -- The deliveries of this alert have ids in this range (with those of alerts raised at the same time between).
  delivery_count integer not null,
  first_delivery_id bigint,
  last_delivery_id bigint,
  created_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  resolved_by text,
  notes text,
  primary key (tenant_id, alert_id)
) partition by range (alert_id);

-- Idempotency keys live as long as the alerts: uniqueness over partitions is kept by an advisory lock on the key.
create table tocsin_data.idempotency_keys (
  tenant_id integer not null,
  key text not null,
  alert_id bigint not null,
  request_hash text not null,
  primary key (tenant_id, key, alert_id)
) partition by range (alert_id);

-- The open alert of each dedupe key; the row goes when the alert is resolved or dropped by age.
create table tocsin_data.alert_dedupe_keys (
  tenant_id integer not null references tocsin_data.tenants on delete cascade,
  dedupe_key text not null,
  alert_id bigint not null,
  occurrences integer not null default 1,
  last_raised_at timestamptz not null,
  primary key (tenant_id, dedupe_key)
);
create index alert_dedupe_keys_alert_id_idx on tocsin_data.alert_dedupe_keys (alert_id);

-- Tables of the users whose changes raise alerts (tocsin.watch_table).
create table tocsin_data.watched_tables (
  table_name text primary key,
  tenant_id integer not null references tocsin_data.tenants on delete cascade,
  alert_type text not null,
  severity text not null,
  operations text[] not null,
  columns text[],
  created_at timestamptz not null default now()
);
