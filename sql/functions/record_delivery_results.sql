create or replace function tocsin.record_delivery_results(
  p_lease_ids bigint[], p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[],
  p_outcomes text[], p_status_codes smallint[], p_response_ms integer[], p_errors text[], p_response_bodies text[],
  p_retry_after_seconds integer[], p_closed_lease_ids bigint[] default null, p_worker_id bigint default null)
returns table (recorded integer, late integer)
language sql volatile security definer set search_path = '' as $$
  select r.* from tocsin_internal.record_results(p_lease_ids, p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_outcomes,
    p_status_codes, p_response_ms, p_errors, p_response_bodies, p_retry_after_seconds, p_closed_lease_ids, p_worker_id) r
$$;
comment on function tocsin.record_delivery_results(bigint[], bigint[], bigint[], integer[], smallint[], text[], smallint[],
  integer[], text[], text[], integer[], bigint[], bigint) is
  'Records a batch of attempts (outcome delivered, failed, throttled, gone or expired; null for p_outcomes: all were delivered): appends to alert_delivery_log, puts what is to be tried again into alert_delivery_queue or alert_delivery_retries, keeps webhook health, breaker and throttle, and closes leases (the given ones, or with null those whose members are all logged). A result whose lease was given away changes nothing and is counted as late.';
