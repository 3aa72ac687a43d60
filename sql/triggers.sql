-- Re-created with tocsin_internal, in the same transaction.
create or replace trigger sync_webhooks_insert after insert on tocsin_data.webhooks
  referencing new table as changed for each statement execute function tocsin_internal.sync_webhooks();
create or replace trigger sync_webhooks_update after update on tocsin_data.webhooks
  referencing new table as changed for each statement execute function tocsin_internal.sync_webhooks();
create or replace trigger sync_webhook_secrets_insert after insert on tocsin_data.webhook_secrets
  referencing new table as changed for each statement execute function tocsin_internal.sync_webhook_secrets();
create or replace trigger sync_webhook_secrets_update after update on tocsin_data.webhook_secrets
  referencing new table as changed for each statement execute function tocsin_internal.sync_webhook_secrets();
create or replace trigger sync_webhook_secrets_delete after delete on tocsin_data.webhook_secrets
  referencing old table as changed for each statement execute function tocsin_internal.sync_webhook_secrets();
create or replace trigger announce_webhooks_insert after insert on tocsin_data.webhooks
  referencing new table as changed for each statement execute function tocsin_internal.announce_changes('webhooks');
create or replace trigger announce_webhooks_update after update on tocsin_data.webhooks
  referencing new table as changed for each statement execute function tocsin_internal.announce_changes('webhooks');
create or replace trigger announce_webhooks_delete after delete on tocsin_data.webhooks
  referencing old table as changed for each statement execute function tocsin_internal.announce_changes('webhooks');
create or replace trigger announce_api_keys_update after update on tocsin_data.api_keys
  referencing new table as changed for each statement execute function tocsin_internal.announce_changes('api_keys');
create or replace trigger announce_api_keys_delete after delete on tocsin_data.api_keys
  referencing old table as changed for each statement execute function tocsin_internal.announce_changes('api_keys');
create or replace trigger announce_tenants_update after update on tocsin_data.tenants
  referencing new table as changed for each statement execute function tocsin_internal.announce_changes('tenants');
create or replace trigger announce_tenants_delete after delete on tocsin_data.tenants
  referencing old table as changed for each statement execute function tocsin_internal.announce_changes('tenants');
create or replace trigger announce_alert_updates after update on tocsin_data.alerts
  referencing new table as changed for each statement execute function tocsin_internal.announce_alert_updates();
create or replace trigger note_alert_changes after update on tocsin_data.alerts
  referencing old table as was new table as changed for each statement execute function tocsin_internal.note_alert_changes();
