create or replace function tocsin.get_ready_deliveries(
  p_limit integer default 10, p_worker_id bigint default null, p_lease_seconds integer default 180)
returns table (delivery_id bigint, alert_id bigint, webhook_id integer, url text, message_body text, retry_count integer,
  max_retries integer, attempt smallint, lease_id bigint, lease_expires_at timestamptz)
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off as $$
declare
  v_lease tocsin_data.alert_delivery_leases;
  v_batch record;
  v_left integer := least(greatest(p_limit, 1), 1000);
  v_after integer := (select s.last_value from tocsin_data.claim_cursor_seq s);
  v_ends integer := 0;
  v_busy_ids integer[]; v_busy_counts integer[];
begin
  if not exists (select from tocsin_data.workers w where w.worker_id = p_worker_id) and p_worker_id is not null then
    raise exception using errcode = 'NTFND', message = 'There is no such worker.',
      hint = 'Call beat_worker first and every five seconds, or leave p_worker_id out.';
  end if;
  -- From where the last call ended to the last webhook, then from the first: whoever calls, every lane gets its turn.
  for v_round in 1..200 loop
    exit when v_ends = 2 or v_left <= 0;
    select array_agg(b.webhook_id), array_agg(b.n) into v_busy_ids, v_busy_counts
      from tocsin_internal.count_in_flight(p_worker_id) b;
    v_batch := tocsin_internal.claim_batch(p_worker_id, v_left, least(greatest(p_lease_seconds, 1), 3600) * 1000, v_after, null,
      interval '0', v_busy_ids, v_busy_counts, false, null, null, true);
    v_lease := v_batch.lease;
    v_after := v_batch.next_after_webhook_id;
    if coalesce(v_after, 0) = 0 then v_ends := v_ends + 1; end if;
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
  end loop;
  perform setval('tocsin_data.claim_cursor_seq', coalesce(v_after, 0));
end
$$;
comment on function tocsin.get_ready_deliveries(integer, bigint, integer) is
  'Claims up to p_limit due deliveries, fairly over all webhooks, within each webhook''s max_in_flight per worker, rate limit and order, and leases them for p_lease_seconds: nobody else gets them until then. Send each, then call record_delivery_results with its lease_id. Moves rows from alert_delivery_queue to alert_delivery_leases; raises NTFND for a worker that never called beat_worker.';
