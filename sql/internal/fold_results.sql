create function tocsin_internal.fold_results() returns void
language plpgsql volatile as $$
declare
  v_figures tocsin_internal.history_figures[];
begin
  with taken as (
    delete from tocsin_data.history_results d
     where d.ctid = any (array(select t.ctid from tocsin_data.history_results t limit 2000))
    returning d.*)
  select array_agg(f) into v_figures from (
    select (t.minute_at, r.tenant_id, r.webhook_id,
             case when r.status = 'delivered' then tocsin_internal.latency_bucket(coalesce(r.response_ms, 0)) end,
             count(*) filter (where r.is_attempt), count(*) filter (where r.status = 'delivered'),
             count(*) filter (where r.status = 'failed'), count(*) filter (where r.status = 'cancelled'), null, null, null, null
           )::tocsin_internal.history_figures as f
      from taken t cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.statuses, t.are_attempts, t.response_ms)
             as r(tenant_id, webhook_id, status, is_attempt, response_ms)
     group by t.minute_at, r.tenant_id, r.webhook_id,
              case when r.status = 'delivered' then tocsin_internal.latency_bucket(coalesce(r.response_ms, 0)) end) s;
  perform tocsin_internal.stage_history(v_figures);
end
$$;
comment on function tocsin_internal.fold_results() is
  'Adds the rows of history_results to history_deltas and deletes them; called by fold_webhook_health, which lets one in at a time.';
