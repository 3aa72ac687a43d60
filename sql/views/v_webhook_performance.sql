-- Bounded work: at most the newest 1,000 rows of each webhook, and of them those of the last 24 hours. The bound on the id
-- is what the longest default schedule takes, so that retries of older alerts count, and old partitions are left out.
create or replace view tocsin.v_webhook_performance as
select w.webhook_id, w.tenant_id, w.name, g.attempts, g.failed_attempts,
       round(100.0 * g.failed_attempts / nullif(g.attempts, 0), 2)::double precision as error_rate_percent,
       g.p50_ms, g.p95_ms, g.p99_ms, g.max_ms, g.since_at
  from tocsin_data.webhooks w
 cross join lateral (
   select count(*) as attempts, count(*) filter (where n.status <> 'delivered') as failed_attempts,
          percentile_cont(0.5) within group (order by n.response_ms) as p50_ms,
          percentile_cont(0.95) within group (order by n.response_ms) as p95_ms,
          percentile_cont(0.99) within group (order by n.response_ms) as p99_ms,
          max(n.response_ms) as max_ms, min(n.attempted_at) as since_at
     from (select l.status, l.response_ms, l.attempted_at from tocsin_data.alert_delivery_log l
            where l.webhook_id = w.webhook_id
              and l.delivery_id >= floor((date_part('epoch', now() - interval '4 days') - 1735689600) * 1024)::bigint << 13
            order by l.delivery_id desc limit 1000) n
    where n.attempted_at >= now() - interval '24 hours' and n.status <> 'cancelled') g
 where w.deleted_at is null
 order by w.webhook_id;
comment on view tocsin.v_webhook_performance is
  'Per webhook, over its newest 1,000 attempts of the last 24 hours: how many failed and how long answers took; since_at is the oldest of them.';
