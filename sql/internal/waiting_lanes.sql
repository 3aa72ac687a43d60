create function tocsin_internal.waiting_lanes(p_tenant_id integer)
returns table (webhook_id integer)
language plpgsql stable set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if p_tenant_id is not null and (select count(*) <= 500 from (
      select from tocsin_data.webhooks w where w.tenant_id = p_tenant_id and w.deleted_at is null limit 501) few) then
    return query select w.webhook_id from tocsin_data.webhooks w where w.tenant_id = p_tenant_id and w.deleted_at is null;
    return;
  end if;
  return query
    with recursive walk (bucket, webhook_id, visited) as (
      (select q.bucket, q.webhook_id, 1 from tocsin_data.alert_delivery_queue q order by q.bucket, q.webhook_id limit 1)
      union all
      select n.bucket, n.webhook_id, w.visited + 1
        from walk w cross join lateral (
          select q.bucket, q.webhook_id from tocsin_data.alert_delivery_queue q
           where (q.bucket, q.webhook_id) > (w.bucket, w.webhook_id) order by q.bucket, q.webhook_id limit 1) n
       where w.visited < 100000)
    select l.webhook_id
      from walk w join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
     where p_tenant_id is null or l.tenant_id = p_tenant_id;
end
$$;
comment on function tocsin_internal.waiting_lanes(integer) is
  'The webhooks for which something may lie in alert_delivery_queue: those of a tenant that has few, else those with a lane there; null is any tenant.';
