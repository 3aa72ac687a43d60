-- The uncommon path: failures, and anything of a webhook that failed recently. Health is written here at once, so that
-- the breaker sees every failure. All rows are locked before the first is written: webhooks, then health, then lanes, each
-- by ascending webhook_id. Whoever locks several of these keeps to that order, or skips what is locked.
create function tocsin_internal.record_troubled(p_results tocsin_internal.delivery_result[]) returns integer
language plpgsql volatile as $$
declare
  v_logged tocsin_data.alert_delivery_log[];
  v_ids integer[] := array(select distinct r.webhook_id from unnest(p_results) r);
  v_gone integer[] := array(select distinct r.webhook_id from unnest(p_results) r where r.outcome = 'gone');
begin
  if cardinality(v_gone) > 0 then
    perform from tocsin_data.webhooks w where w.webhook_id = any (v_gone) order by w.webhook_id for no key update;
  end if;
  perform from tocsin_data.webhook_health_metrics m where m.webhook_id = any (v_ids) order by m.webhook_id for no key update;
  perform from unnest(v_ids) as i(webhook_id)
     join tocsin_data.webhook_lanes l on l.bucket = (i.webhook_id & 63)::smallint and l.webhook_id = i.webhook_id
    order by l.webhook_id for no key update of l;
  with logged as (
    insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, next_attempt_at, webhook_id, tenant_id,
        response_ms, status_code, bucket, attempt, status, error, response_body)
      select r.delivery_id, r.alert_id, r.recorded_at, case when j.status = 'retrying' then j.next_at end, r.webhook_id,
             w.tenant_id, r.response_ms, r.status_code, w.bucket, r.attempt, j.status, r.error, r.response_body
        from unnest(p_results) r
        join tocsin_data.webhooks w on w.webhook_id = r.webhook_id
       cross join lateral (select
             case when r.outcome = 'delivered' then 'delivered'
                  when w.deleted_at is not null then 'cancelled'
                  when r.outcome in ('gone', 'expired') or r.attempt > tocsin_internal.max_retries(w.retry_policy) then 'failed'
                  else 'retrying' end as status,
             r.recorded_at + interval '1 second' * greatest(tocsin_internal.retry_delay_seconds(w.retry_policy, r.attempt),
               least(coalesce(r.retry_after_seconds, 0), 86400)) as next_at) j
    on conflict do nothing
    returning *)
  select array_agg(l) into v_logged from logged l;
  perform tocsin_internal.schedule_retries(v_logged);
  perform tocsin_internal.note_history(v_logged);
  if cardinality(v_gone) > 0 then
    update tocsin_data.webhooks w
       set is_active = false, disabled_reason = 'The receiver answered 410 Gone.', updated_at = now()
     where w.webhook_id = any (v_gone) and w.is_active;
  end if;
  perform tocsin_internal.apply_webhook_results(s) from tocsin_internal.sum_results(p_results, v_logged) s;
  return cardinality(coalesce(v_logged, '{}'));
end
$$;
comment on function tocsin_internal.record_troubled(tocsin_internal.delivery_result[]) is
  'Logs attempts that failed or belong to a webhook under watch, schedules the next ones, disables webhooks that are gone, and applies health and breaker at once.';
