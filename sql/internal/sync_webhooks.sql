-- Statement-level: one pass per statement, however many webhooks it touched; a plain update in psql counts too.
create function tocsin_internal.sync_webhooks() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into tocsin_data.webhook_health_metrics (webhook_id, tenant_id, bucket)
      select webhook_id, tenant_id, bucket from changed;
  else
    delete from tocsin_data.webhook_routes r using changed c where r.webhook_id = c.webhook_id;
  end if;
  insert into tocsin_data.webhook_routes (tenant_id, pattern, webhook_id, severity_rank, filter)
    select distinct c.tenant_id, e.pattern, c.webhook_id, tocsin_internal.severity_rank(c.min_severity),
           tocsin_internal.compile_filter(c.filter)
      from changed c cross join lateral unnest(c.events) as e(pattern)
     where c.deleted_at is null
       and not exists (select from unnest(c.events) as o(pattern)
                        where o.pattern <> e.pattern and o.pattern ~ '\*$'
                          and starts_with(e.pattern, left(o.pattern, -1)));
  insert into tocsin_data.webhook_lanes as l
      (bucket, webhook_id, tenant_id, is_open, max_in_flight, ordered, rate_limit_per_second)
    select bucket, webhook_id, tenant_id, is_active and deleted_at is null, max_in_flight, ordered, rate_limit_per_second
      from changed order by webhook_id
  on conflict (bucket, webhook_id) do update
    set is_open = excluded.is_open, max_in_flight = excluded.max_in_flight, ordered = excluded.ordered,
        rate_limit_per_second = excluded.rate_limit_per_second, version = l.version + 1;
  return null;
end
$$;
comment on function tocsin_internal.sync_webhooks() is
  'Trigger: keeps webhook_routes, webhook_lanes and the health row in step with webhooks.';
