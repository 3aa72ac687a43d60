-- Asynchronous commit: a claim that a crash of Postgres takes back only means that the rows are queued still. It is set
-- for this transaction, which is the worker's own and holds nothing else.
create or replace function tocsin.claim_deliveries(
  p_worker_id bigint, p_limit integer, p_lease_ms integer, p_after_webhook_id integer, p_buckets smallint[],
  p_overdue_ms integer, p_busy_webhook_ids integer[], p_busy_counts integer[],
  p_floor_webhook_ids integer[] default null, p_floor_delivery_ids bigint[] default null, p_walks boolean default true)
returns table (lease_id bigint, delivery_ids text, alert_ids text, webhook_ids text, attempts text, versions text,
  payload_alert_ids text, payloads text, next_after_webhook_id integer,
  next_ready_ms integer, walk_us integer)
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  return query select * from tocsin_internal.claim_columns(p_worker_id, p_limit, p_lease_ms, p_after_webhook_id, p_buckets,
    p_overdue_ms, p_busy_webhook_ids, p_busy_counts, p_floor_webhook_ids, p_floor_delivery_ids, p_walks);
end
$$;
comment on function tocsin.claim_deliveries(bigint, integer, integer, integer, smallint[], integer, integer[], integer[], integer[],
  bigint[], boolean) is
  'The worker''s claim: as get_ready_deliveries, for the given buckets (null: all) and what is overdue by p_overdue_ms, less what is in flight (p_busy_…). One row of comma-separated columns; payloads, once per alert, are separated by U+001E, which JSON text cannot hold. Of a webhook with a floor, in order of (webhook_id & 63, webhook_id), only what became due with that delivery or later is looked at; without p_walks nothing of others.';
