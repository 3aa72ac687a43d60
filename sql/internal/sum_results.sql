-- What went wrong on our side (the alert was gone, this machine had no socket left) says nothing of the receiver: it counts in
-- the totals, as it is in the log, and nowhere else.
create function tocsin_internal.sum_results(
  p_results tocsin_internal.delivery_result[], p_logged tocsin_data.alert_delivery_log[])
returns setof tocsin_internal.webhook_results
language sql stable as $$
  select r.webhook_id, (count(*) filter (where r.outcome = 'delivered'))::integer,
         (count(*) filter (where r.outcome <> 'delivered'))::integer,
         (count(*) filter (where r.is_ours))::integer,
         (count(*) filter (where not r.is_ours and r.outcome <> 'delivered' and r.status_code is distinct from 429
           and r.n > r.last_success_n))::integer,
         (count(*) filter (where not r.is_ours and r.outcome <> 'delivered'
           and (r.status_code is null or r.status_code = 429 or r.status_code >= 500)))::integer,
         avg(r.response_ms)::real, max(r.response_ms), (array_agg(r.status_code order by r.n desc))[1],
         (array_agg(r.error order by r.n desc) filter (where r.error is not null))[1],
         max(case when r.outcome = 'throttled' then coalesce(r.retry_after_seconds, 0) end)
    from (select u.*, u.outcome = 'expired' or coalesce(u.error like 'local_limit:%', false) as is_ours,
                 coalesce(max(u.n) filter (where u.outcome = 'delivered') over (partition by u.webhook_id), 0) as last_success_n
            from unnest(p_results) with ordinality as u(delivery_id, alert_id, webhook_id, attempt, outcome,
              status_code, response_ms, error, response_body, retry_after_seconds, recorded_at, n)
           where (u.delivery_id, u.attempt) in (select g.delivery_id, g.attempt from unnest(p_logged) g)) r
   group by r.webhook_id order by r.webhook_id
$$;
comment on function tocsin_internal.sum_results(tocsin_internal.delivery_result[], tocsin_data.alert_delivery_log[]) is
  'What the results that were logged say of each webhook, ascending.';
