-- What is wrong with Tocsin itself right now, as far as it has raised an alert about it: one row from entering a condition to
-- leaving it. So each is told once, whoever watches and however often a server starts. A scope is one server, or all.
create table tocsin_data.system_conditions (
  scope text not null,
  alert_type text not null,
  alert_id bigint,
  since timestamptz not null default now(),
  primary key (scope, alert_type)
);
