create function tocsin_internal.unfolded_history(p_tenant_id integer, p_webhook_id integer)
returns setof tocsin_internal.history_figures
language sql stable as $$
  select t.minute_at, p_tenant_id, case when p_webhook_id = 0 then 0 else r.webhook_id end,
         case when r.status = 'delivered' then tocsin_internal.latency_bucket(coalesce(r.response_ms, 0)) end,
         r.is_attempt::integer, (r.status = 'delivered')::integer, (r.status = 'failed')::integer,
         (r.status = 'cancelled')::integer, null::integer, null::real, null::real, null::real
    from tocsin_data.history_results t
   cross join lateral unnest(t.tenant_ids, t.webhook_ids, t.statuses, t.are_attempts, t.response_ms)
           as r(tenant_id, webhook_id, status, is_attempt, response_ms)
   where p_tenant_id in (r.tenant_id, 0) and (coalesce(p_webhook_id, 0) = 0 or r.webhook_id = p_webhook_id)
  union all
  select d.minute_at, p_tenant_id, case when p_webhook_id = 0 then 0 else d.webhook_id end, d.latency_bucket, d.n, d.n, 0, 0,
         null::integer, null::real, null::real, null::real
    from (select date_bin('1 minute', t.recorded_at, '2000-01-01 00:00Z') as minute_at, r.webhook_id,
                 tocsin_internal.latency_bucket(r.response_ms) as latency_bucket, count(*)::integer as n
            from tocsin_data.webhook_health_deltas t
           cross join lateral unnest(t.webhook_ids, t.response_ms) as r(webhook_id, response_ms)
           where coalesce(p_webhook_id, 0) = 0 or r.webhook_id = p_webhook_id
           group by 1, 2, 3) d
    join tocsin_data.webhook_lanes l on l.bucket = (d.webhook_id & 63)::smallint and l.webhook_id = d.webhook_id
   where p_tenant_id in (l.tenant_id, 0)
$$;
comment on function tocsin_internal.unfolded_history(integer, integer) is
  'What unrolled_history gives of history_results and webhook_health_deltas, which no fold has seen: the last second or so.';
