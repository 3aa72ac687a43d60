-- A result counts only while its lease exists: a batch that was given away when its worker seemed dead changes nothing.
-- The lock keeps a lease from being given away between that check and the commit, and of two that record parts of one
-- lease it lets the second see what the first did, so that one of them closes it.
create function tocsin_internal.record_results(
  p_lease_ids bigint[], p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[],
  p_outcomes text[], p_status_codes smallint[], p_response_ms integer[], p_errors text[], p_response_bodies text[],
  p_retry_after_seconds integer[], p_closed_lease_ids bigint[], p_worker_id bigint,
  out recorded integer, out late integer)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_held bigint[]; v_held_ids bigint[]; v_watched integer[]; v_easy integer; v_troubled tocsin_internal.delivery_result[];
begin
  -- Without outcomes all were delivered; a null among them says nothing of its result, and that is left alone.
  if p_outcomes is null or cardinality(p_outcomes) = cardinality(p_delivery_ids) and 'delivered' = all (p_outcomes) then
    recorded := tocsin_internal.record_delivered(p_lease_ids, p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_status_codes,
      p_response_ms, p_response_bodies, p_closed_lease_ids);
    if recorded is not null then
      late := 0;
      return;
    end if;
    p_outcomes := array_fill('delivered'::text, array[coalesce(cardinality(p_delivery_ids), 0)]);
  end if;
  v_held := array(select l.lease_id from tocsin_data.alert_delivery_leases l
                   where l.lease_id = any (p_lease_ids) order by l.lease_id for update);
  -- Where something failed, successes count too: they end the streak.
  v_watched := array(select l.webhook_id from tocsin_data.webhook_lanes l where l.watched and l.webhook_id = any (p_webhook_ids)
               union select r.webhook_id from unnest(p_webhook_ids, p_outcomes) as r(webhook_id, outcome) where r.outcome <> 'delivered');
  with logged as (
    insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, response_ms,
        status_code, bucket, attempt, status, response_body)
      select r.delivery_id, r.alert_id, v_now, r.webhook_id, l.tenant_id, r.response_ms, r.status_code, l.bucket, r.attempt,
             'delivered', r.response_body
        from unnest(p_lease_ids, p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_outcomes, p_status_codes,
               p_response_ms, p_response_bodies) as r(lease_id, delivery_id, alert_id, webhook_id, attempt, outcome,
               status_code, response_ms, response_body)
        join tocsin_data.webhook_lanes l on l.bucket = (r.webhook_id & 63)::smallint and l.webhook_id = r.webhook_id
       where r.lease_id = any (v_held) and r.outcome = 'delivered' and r.webhook_id <> all (v_watched)
    on conflict do nothing
    returning webhook_id, response_ms)
  insert into tocsin_data.webhook_health_deltas (recorded_at, webhook_ids, response_ms)
    select v_now, array_agg(l.webhook_id), array_agg(coalesce(l.response_ms, 0)) from logged l having count(*) > 0
  returning cardinality(webhook_ids) into v_easy;
  select array_agg((r.delivery_id, r.alert_id, r.webhook_id, r.attempt, r.outcome, r.status_code, r.response_ms, r.error,
             r.response_body, r.retry_after_seconds, v_now)::tocsin_internal.delivery_result order by r.n)
           filter (where r.lease_id = any (v_held) and (r.outcome <> 'delivered' or r.webhook_id = any (v_watched))),
         array_agg(r.delivery_id) filter (where r.lease_id = any (v_held)), count(*) filter (where r.lease_id <> all (v_held))
    into v_troubled, v_held_ids, late
    from unnest(p_lease_ids, p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_outcomes, p_status_codes,
           p_response_ms, p_errors, p_response_bodies, p_retry_after_seconds) with ordinality
         as r(lease_id, delivery_id, alert_id, webhook_id, attempt, outcome, status_code, response_ms, error,
           response_body, retry_after_seconds, n);
  recorded := coalesce(v_easy, 0);
  if v_troubled is not null then
    recorded := recorded + tocsin_internal.record_troubled(v_troubled);
  end if;
  perform tocsin_internal.close_leases(v_held, v_held_ids, p_closed_lease_ids);
  if late > 0 then
    update tocsin_data.workers w set late_results = w.late_results + late where w.worker_id = p_worker_id;
  end if;
end
$$;
comment on function tocsin_internal.record_results(bigint[], bigint[], bigint[], integer[], smallint[], text[], smallint[],
  integer[], text[], text[], integer[], bigint[], bigint) is
  'Does what record_delivery_results promises, and gives a row in place of a set of rows.';
