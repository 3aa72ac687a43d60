-- Who owns what. Every row elsewhere carries tenant_id.
create table tocsin_data.tenants (
  tenant_id integer generated always as identity primary key,
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  created_at timestamptz not null default now()
);
insert into tocsin_data.tenants (name) values ('default');

-- Figures that SQL itself must know: retention, the partition horizon.
create table tocsin_data.settings (
  name text primary key,
  value bigint not null
);
insert into tocsin_data.settings (name, value) values ('retention_days', 30), ('partition_horizon', 0);

-- Feeds tocsin_internal.next_id(). No cache: a session that holds numbers back would give later alerts lower ids,
-- and `ordered` webhooks deliver in id order.
create sequence tocsin_data.id_seq as bigint cache 1;
