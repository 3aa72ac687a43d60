create function tocsin_internal.stage_history(p_figures tocsin_internal.history_figures[]) returns void
language sql volatile as $$
  insert into tocsin_data.history_deltas (minute_at, is_total, tenant_ids, webhook_ids, latency_buckets, attempts, delivered,
      given_up, cancelled, queue_depths, oldest_due_seconds, breaker_open_seconds, rate_limited_seconds)
    select s.minute_at, s.is_total, case when s.is_total then array_agg(s.tenant_id) end,
           case when not s.is_total then array_agg(s.webhook_id) end, array_agg(s.latency_bucket), array_agg(coalesce(s.attempts, 0)),
           array_agg(s.delivered), array_agg(s.given_up), array_agg(s.cancelled), array_agg(s.queue_depth),
           array_agg(s.oldest_due_seconds), array_agg(s.breaker_open_seconds), array_agg(s.rate_limited_seconds)
      from (select f.minute_at, grouping(f.webhook_id) = 1 as is_total, coalesce(f.tenant_id, 0) as tenant_id, f.webhook_id,
                   f.latency_bucket, sum(f.attempts)::integer as attempts, sum(f.delivered)::integer as delivered,
                   sum(f.given_up)::integer as given_up, sum(f.cancelled)::integer as cancelled,
                   sum(f.queue_depth)::integer as queue_depth, max(f.oldest_due_seconds) as oldest_due_seconds,
                   sum(f.breaker_open_seconds)::real as breaker_open_seconds, sum(f.rate_limited_seconds)::real as rate_limited_seconds
              from unnest(p_figures) f
             group by grouping sets ((f.minute_at, f.latency_bucket, f.webhook_id),
               (f.minute_at, f.latency_bucket, f.tenant_id), (f.minute_at, f.latency_bucket))) s
     -- The webhook 0 of a sample only makes sure that there are sums.
     where s.webhook_id is distinct from 0
     group by s.minute_at, s.is_total
$$;
comment on function tocsin_internal.stage_history(tocsin_internal.history_figures[]) is
  'Puts figures of webhooks, and their sums over the webhooks of each tenant and of all, on their way to history. Writes history_deltas.';
