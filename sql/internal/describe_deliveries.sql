create function tocsin_internal.describe_deliveries(p_delivery_ids bigint[], p_webhook_ids integer[], p_alert_ids bigint[])
returns table (id bigint, alert_id bigint, webhook_id integer, status text, attempt_count integer, last_status_code smallint,
  last_error text, response_ms integer, last_attempt_at timestamptz, next_attempt_at timestamptz, created_at timestamptz)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query
    with sending as materialized (
      select m.delivery_id, max(m.attempt) as attempt
        from tocsin_data.alert_delivery_leases l cross join lateral unnest(l.delivery_ids, l.attempts) as m(delivery_id, attempt)
       where m.delivery_id = any (p_delivery_ids) group by m.delivery_id)
    select d.delivery_id, d.alert_id, d.webhook_id, s.status,
           case when g.status = 'cancelled' or g.error like 'expired%' then g.attempt - 1 else coalesce(g.attempt, 0) end,
           g.status_code, g.error, g.response_ms, g.attempted_at,
           case when s.status = 'pending' and n.is_open then greatest(
             coalesce(g.next_attempt_at, tocsin_internal.id_time(d.delivery_id)),
             case when n.blocked_until > now() then n.blocked_until end) end,
           tocsin_internal.id_time(d.delivery_id)
      from unnest(p_delivery_ids, p_webhook_ids, p_alert_ids) with ordinality as d(delivery_id, webhook_id, alert_id, n)
      left join lateral (
        select * from tocsin_data.alert_delivery_log o
         where o.delivery_id = d.delivery_id and o.bucket = (d.webhook_id & 63)::smallint order by o.attempt desc limit 1) g on true
      left join tocsin_data.webhook_lanes n on n.bucket = (d.webhook_id & 63)::smallint and n.webhook_id = d.webhook_id
     cross join lateral (select case
         when g.status <> 'retrying' and g.next_attempt_at is null then g.status
         when exists (select from sending o where o.delivery_id = d.delivery_id and o.attempt > coalesce(g.attempt, 0)) then 'sending'
         else 'pending' end as status) s
     order by d.n;
end
$$;
comment on function tocsin_internal.describe_deliveries(bigint[], integer[], bigint[]) is
  'Deliveries, of which it is known that they exist, as the outside sees them, in the order given: the last row of alert_delivery_log tells most of it.';
