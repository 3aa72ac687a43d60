create function tocsin_internal.waiting_lanes(p_tenant_id integer, p_lanes_max bigint) returns integer[]
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[]; v_visited bigint;
begin
  v_lanes := array(select w.webhook_id from tocsin_data.webhooks w where w.tenant_id = p_tenant_id and w.deleted_at is null limit 501);
  if p_tenant_id is not null and cardinality(v_lanes) <= 500 then
    return case when cardinality(v_lanes) <= p_lanes_max then v_lanes end;
  end if;
  with recursive walk (bucket, webhook_id, visited) as (
    (select q.bucket, q.webhook_id, 1::bigint from tocsin_data.alert_delivery_queue q order by q.bucket, q.webhook_id limit 1)
    union all
    select n.bucket, n.webhook_id, w.visited + 1
      from walk w cross join lateral (
        select q.bucket, q.webhook_id from tocsin_data.alert_delivery_queue q
         where (q.bucket, q.webhook_id) > (w.bucket, w.webhook_id) order by q.bucket, q.webhook_id limit 1) n
     where w.visited <= p_lanes_max)
  select array_agg(w.webhook_id) filter (where p_tenant_id is null or l.tenant_id = p_tenant_id), max(w.visited)
    into v_lanes, v_visited
    from walk w left join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id;
  return case when v_visited > p_lanes_max then null else coalesce(v_lanes, '{}') end;
end
$$;
comment on function tocsin_internal.waiting_lanes(integer, bigint) is
  'The webhooks for which something may lie in alert_delivery_queue: those of a tenant that has few, else those with a lane there (a null tenant is any); null when that takes a look at more than p_lanes_max.';
