-- How many deliveries of a tenant may wait before it can raise no more; null for any number.
alter table tocsin_data.tenants add column queue_limit integer check (queue_limit > 0);

-- How many of those tenants' deliveries waited when they were counted last, but never more than one over the limit. Housekeeping
-- writes it and raising reads it: a counter that every raise and every delivery changed would make them wait for one another.
create table tocsin_data.tenant_queues (
  tenant_id integer primary key references tocsin_data.tenants on delete cascade,
  waiting integer not null,
  counted_at timestamptz not null,
  count_due_at timestamptz not null
) with (fillfactor = 50);
