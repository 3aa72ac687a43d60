create or replace function tocsin.get_ready_deliveries(
  p_limit integer default 10, p_worker_id bigint default null, p_lease_seconds integer default 180)
returns table (delivery_id bigint, alert_id bigint, webhook_id integer, url text, message_body text, retry_count integer,
  max_retries integer, attempt smallint, lease_id bigint, lease_expires_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_lease tocsin_data.alert_delivery_leases;
  v_left integer := least(greatest(p_limit, 1), 1000);
  v_after integer := floor(random() * 2147483647)::integer;
  v_busy_ids integer[]; v_busy_counts integer[];
begin
  -- Two rounds: from a random webhook to the last one, then from the first: whoever calls, every lane gets its turn.
  for v_round in 1..2 loop
    select array_agg(b.webhook_id), array_agg(b.n::integer) into v_busy_ids, v_busy_counts
      from (select m.webhook_id, count(*) as n from tocsin_data.alert_delivery_leases l cross join unnest(l.webhook_ids) as m(webhook_id)
             where l.worker_id is not distinct from p_worker_id group by m.webhook_id) b;
    v_lease := (tocsin_internal.claim_batch(p_worker_id, v_left, least(greatest(p_lease_seconds, 1), 3600) * 1000, v_after, null,
      interval '0', v_busy_ids, v_busy_counts)).lease;
    v_after := 0;
    continue when v_lease.lease_id is null;
    v_left := v_left - cardinality(v_lease.delivery_ids);
    return query
      select m.delivery_id, m.alert_id, m.webhook_id, w.url, a.payload, m.attempt - 1, tocsin_internal.max_retries(w.retry_policy),
             m.attempt, v_lease.lease_id, v_lease.expires_at
        from unnest(v_lease.delivery_ids, v_lease.alert_ids, v_lease.webhook_ids, v_lease.attempts)
               as m(delivery_id, alert_id, webhook_id, attempt)
        join tocsin_data.webhooks w on w.webhook_id = m.webhook_id
        left join tocsin_data.alerts a on a.tenant_id = w.tenant_id and a.alert_id = m.alert_id
       order by m.delivery_id;
    exit when v_left <= 0;
  end loop;
end
$$;
comment on function tocsin.get_ready_deliveries(integer, bigint, integer) is
  'Claims up to p_limit due deliveries, fairly over all webhooks, within each webhook''s max_in_flight per worker, rate limit and order, and leases them for p_lease_seconds: nobody else gets them until then. Send each, then call record_delivery_results with its lease_id. Moves rows from alert_delivery_queue to alert_delivery_leases.';
