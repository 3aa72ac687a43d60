-- Fewer deliveries at a time than max_in_flight: slots_max is the breaker's while it is not closed, else that of slowing down.
alter table tocsin_data.webhook_lanes
  add column slowed_by text check (slowed_by in ('throttled', 'failures', 'latency')),
  add column slots_changed_at timestamptz;
create index webhook_lanes_slowed_idx on tocsin_data.webhook_lanes (webhook_id) where slowed_by is not null;

alter table tocsin_data.webhook_health_metrics
  -- Pauses in a row that the receiver asked for (429, 502, 503, 504), each twice as long unless it says how long.
  add column throttle_streak smallint not null default 0,
  -- Of delivered attempts: about the last ten, and what is usual, about the last 600 seconds in which there were any.
  add column latency_now_ms real,
  add column latency_usual_ms real,
  add column latency_folds smallint not null default 0;
