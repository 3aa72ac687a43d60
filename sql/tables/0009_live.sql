-- The log is appended in order of time, so a block range index, which costs almost nothing to keep, finds the newest rows
-- whatever the age of their deliveries.
create index alert_delivery_log_attempted_at_idx on tocsin_data.alert_delivery_log
  using brin (attempted_at) with (pages_per_range = 32, autosummarize = on);
create index webhook_health_metrics_status_changed_at_idx on tocsin_data.webhook_health_metrics (status_changed_at);
