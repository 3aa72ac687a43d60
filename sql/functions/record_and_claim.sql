create or replace function tocsin.record_and_claim(
  p_lease_ids bigint[], p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[],
  p_outcomes text[], p_status_codes smallint[], p_response_ms integer[], p_errors text[], p_response_bodies text[],
  p_retry_after_seconds integer[], p_closed_lease_ids bigint[], p_worker_id bigint,
  p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[], p_overdue_ms integer,
  p_busy_webhook_ids integer[], p_busy_counts integer[], p_floor_webhook_ids integer[] default null,
  p_floor_delivery_ids bigint[] default null, p_walks boolean default true)
returns table (recorded integer, late integer, lease_id bigint, delivery_ids text, alert_ids text, webhook_ids text,
  attempts text, versions text, payload_alert_ids text, payloads text, next_after_webhook_id integer,
  next_ready_ms integer, walk_us integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  r record; c record;
begin
  r := tocsin_internal.record_results(p_lease_ids, p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_outcomes,
    p_status_codes, p_response_ms, p_errors, p_response_bodies, p_retry_after_seconds, p_closed_lease_ids, p_worker_id);
  c := tocsin_internal.claim_columns(p_worker_id, p_limit, p_lease_ms, p_after_webhook_id, p_buckets, p_overdue_ms,
    p_busy_webhook_ids, p_busy_counts, p_floor_webhook_ids, p_floor_delivery_ids, p_walks);
  recorded := r.recorded;
  late := r.late;
  lease_id := c.lease_id;
  delivery_ids := c.delivery_ids;
  alert_ids := c.alert_ids;
  webhook_ids := c.webhook_ids;
  attempts := c.attempts;
  versions := c.versions;
  payload_alert_ids := c.payload_alert_ids;
  payloads := c.payloads;
  next_after_webhook_id := c.next_after_webhook_id;
  next_ready_ms := c.next_ready_ms;
  walk_us := c.walk_us;
  return next;
end
$$;
comment on function tocsin.record_and_claim(bigint[], bigint[], bigint[], integer[], smallint[], text[], smallint[], integer[],
  text[], text[], integer[], bigint[], bigint, integer, integer, integer, smallint[], integer, integer[], integer[],
  integer[], bigint[], boolean) is
  'record_delivery_results, then claim_deliveries, in one round trip and one commit.';
