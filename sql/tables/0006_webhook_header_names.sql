-- Which custom headers a webhook sends can be shown; their values are sealed in headers_sealed.
alter table tocsin_data.webhooks add column header_names text[] not null default '{}';

-- Finds what one webhook has waiting for a later attempt: to count, list and cancel it.
create index alert_delivery_retries_webhook_id_idx on tocsin_data.alert_delivery_retries (webhook_id, delivery_id);
