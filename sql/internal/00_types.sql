-- One result of a delivery attempt, as recording passes it on.
create type tocsin_internal.delivery_result as (
  delivery_id bigint, alert_id bigint, webhook_id integer, attempt smallint, outcome text, status_code smallint,
  response_ms integer, error text, response_body text, retry_after_seconds integer, recorded_at timestamptz
);

-- What a batch of results says of one webhook.
create type tocsin_internal.webhook_results as (
  webhook_id integer, delivered integer, failed integer,
  -- Of the failed: those that the receiver had no part in.
  failed_here integer,
  -- Failures after the last success; an answer 429 is the receiver's wish, not its failure, and does not count here.
  trailing_failures integer,
  -- Of the failed: answers 429 and from 500 on, and no answer, which fewer requests at a time may help.
  overloads integer, response_ms_avg real, response_ms_max integer, last_status_code smallint, last_error text,
  -- For how long the receiver asked us, or we choose, to leave the whole webhook alone; null for not at all.
  throttle_seconds integer
);

-- One alert of a batch as it was asked for; n counts from 1.
create type tocsin_internal.alert_input as (
  n bigint, alert_type text, severity text, message text, operation_type text, context jsonb, dedupe_key text,
  idempotency_key text
);
