-- Credentials of machines. The key itself is shown once and never stored.
create table tocsin_data.api_keys (
  api_key_id integer generated always as identity primary key,
  tenant_id integer not null references tocsin_data.tenants on delete cascade,
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('viewer', 'operator', 'admin', 'platform')),
  -- SHA-256 in hexadecimal. A key has 256 random bits: a slow hash would protect nothing more.
  key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
  -- How the key begins, so that its owner recognises it.
  key_prefix text not null check (length(key_prefix) between 8 and 20),
  -- Requests per window; null: the server's RATE_LIMIT.
  rate_limit integer check (rate_limit between 1 and 1000000000),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_tenant_id_idx on tocsin_data.api_keys (tenant_id, api_key_id);

-- Apart from api_keys, whose every change is announced to all servers.
create table tocsin_data.api_key_uses (
  api_key_id integer primary key references tocsin_data.api_keys on delete cascade,
  last_used_at timestamptz not null
) with (fillfactor = 50);

-- A deleted tenant's alerts and log stay until retention drops them; its name is free at once.
alter table tocsin_data.tenants add column deleted_at timestamptz;
alter table tocsin_data.tenants drop constraint tenants_name_key;
create unique index tenants_name_idx on tocsin_data.tenants (name) where deleted_at is null;
