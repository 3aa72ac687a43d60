-- What receivers' failing answers said in their headers, for people who look for the cause. Apart from the log, and not as sure
-- as it: successes leave nothing here, so that they cost nothing.
create table tocsin_data.answer_headers (
  delivery_id bigint not null,
  attempt smallint not null,
  headers jsonb not null,
  primary key (delivery_id, attempt)
);
