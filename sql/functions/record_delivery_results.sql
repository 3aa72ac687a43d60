-- A result counts only while its lease exists: a batch that was given away when its worker seemed dead changes nothing.
-- The lock keeps a lease from being given away between that check and the commit, and of two that record parts of one
-- lease it lets the second see what the first did, so that one of them closes it.
create or replace function tocsin.record_delivery_results(
  p_lease_ids bigint[], p_delivery_ids bigint[], p_alert_ids bigint[], p_webhook_ids integer[], p_attempts smallint[],
  p_outcomes text[], p_status_codes smallint[], p_response_ms integer[], p_errors text[], p_response_bodies text[],
  p_retry_after_seconds integer[], p_closed_lease_ids bigint[] default null, p_worker_id bigint default null)
returns table (recorded integer, late integer)
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_held bigint[]; v_held_ids bigint[]; v_watched integer[]; v_easy integer; v_troubled tocsin_internal.delivery_result[];
begin
  v_held := array(select l.lease_id from tocsin_data.alert_delivery_leases l
                   where l.lease_id = any (p_lease_ids) order by l.lease_id for update);
  if p_lease_ids <@ v_held and 'delivered' = all (p_outcomes)
     and not exists (select from tocsin_data.webhook_lanes l where l.watched and l.webhook_id = any (p_webhook_ids)) then
    recorded := tocsin_internal.log_delivered(p_delivery_ids, p_alert_ids, p_webhook_ids, p_attempts, p_status_codes,
      p_response_ms, p_response_bodies);
    if recorded is not null then
      late := 0;
      perform tocsin_internal.close_leases(v_held, p_delivery_ids, p_closed_lease_ids);
      return next; return;
    end if;
  end if;
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
  return next;
end
$$;
comment on function tocsin.record_delivery_results(bigint[], bigint[], bigint[], integer[], smallint[], text[], smallint[],
  integer[], text[], text[], integer[], bigint[], bigint) is
  'Records a batch of attempts (outcome delivered, failed, throttled, gone or expired): appends to alert_delivery_log, puts what is to be tried again into alert_delivery_queue or alert_delivery_retries, keeps webhook health, breaker and throttle, and closes leases (the given ones, or with null those whose members are all logged). A result whose lease was given away changes nothing and is counted as late.';
