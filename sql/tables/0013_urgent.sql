-- Deliveries of CRITICAL alerts go first. Only these are in the second index: all others are inserted and deleted in one, as
-- before, and the column lies where each row had padding.
alter table tocsin_data.alert_delivery_queue add column is_urgent boolean not null default false;
alter table tocsin_data.alert_delivery_retries add column is_urgent boolean not null default false;
alter table tocsin_data.alert_delivery_parked add column is_urgent boolean not null default false;
create index alert_delivery_queue_urgent_idx on tocsin_data.alert_delivery_queue (bucket, webhook_id, due_at, delivery_id)
  where is_urgent;
