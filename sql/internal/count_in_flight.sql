-- Hash and merge joins are off because a plan made while the log was small would read all of it later.
create function tocsin_internal.count_in_flight(p_worker_id bigint) returns table (webhook_id integer, n integer)
language sql stable set enable_hashjoin = off set enable_mergejoin = off as $$
  select m.webhook_id, count(*)::integer
    from tocsin_data.alert_delivery_leases l
   cross join lateral unnest(l.delivery_ids, l.webhook_ids, l.attempts) as m(delivery_id, webhook_id, attempt)
   where l.worker_id is not distinct from p_worker_id
     and not exists (select from tocsin_data.alert_delivery_log g
                      where g.delivery_id = m.delivery_id and g.bucket = (m.webhook_id & 63)::smallint and g.attempt = m.attempt)
   group by m.webhook_id
$$;
comment on function tocsin_internal.count_in_flight(bigint) is
  'How many deliveries of each webhook a worker (null: those without one) has claimed and not recorded.';
