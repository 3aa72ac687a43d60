-- Finished replays are forgotten by age.
create index webhook_replays_finished_at_idx on tocsin_data.webhook_replays (finished_at);
