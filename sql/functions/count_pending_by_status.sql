create or replace function tocsin.count_pending_by_status(p_tenant_id integer default null)
returns table (status text, count bigint)
language plpgsql stable security definer set search_path = '' set jit = off set enable_hashjoin = off
set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select s.status, s.count
      from (select count(*) filter (where q.due_at <= now()) as ready, count(*) filter (where q.due_at > now()) as soon
              from tocsin_data.alert_delivery_queue q where p_tenant_id is null or q.tenant_id = p_tenant_id) q
     cross join (select count(*) as later from tocsin_data.alert_delivery_retries r
                  where p_tenant_id is null or r.tenant_id = p_tenant_id) r
     cross join (select count(*) as parked from tocsin_data.alert_delivery_parked k
                  where p_tenant_id is null or k.tenant_id = p_tenant_id) k
     cross join (
       select count(*) as sending
         from tocsin_data.alert_delivery_leases l
        cross join lateral unnest(l.delivery_ids, l.webhook_ids, l.attempts) as m(delivery_id, webhook_id, attempt)
         join tocsin_data.webhook_lanes n on n.bucket = (m.webhook_id & 63)::smallint and n.webhook_id = m.webhook_id
        where (p_tenant_id is null or n.tenant_id = p_tenant_id)
          and not exists (select from tocsin_data.alert_delivery_log g
                           where g.delivery_id = m.delivery_id and g.bucket = n.bucket and g.attempt = m.attempt)) l
     cross join lateral (
       values (1, 'ready', q.ready), (2, 'scheduled', q.soon + r.later), (3, 'parked', k.parked), (4, 'sending', l.sending))
             as s(n, status, count)
     order by s.n;
end
$$;
comment on function tocsin.count_pending_by_status(integer) is
  'How many deliveries of a tenant, or with null of all, are ready (due), scheduled (for later), parked (their webhook is disabled or paused) and being sent: four rows. Exact; about 0.1 s for each million that wait.';
