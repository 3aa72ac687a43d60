create function tocsin_internal.count_waiting(
  p_tenant_id integer, p_webhook_id integer, p_from_id bigint, p_before_id bigint, p_with_retries boolean, p_max integer)
returns bigint
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[] := tocsin_internal.tenant_lanes(p_tenant_id, p_webhook_id);
begin
  return (select count(*) from (
    (select 1 from generate_series(1, tocsin_internal.scan_count(p_tenant_id, p_from_id, p_before_id, p_with_retries, p_max))
      where v_lanes is null)
    union all
    (select 1 from unnest(v_lanes) as l(webhook_id)
      cross join lateral (
        select q.attempt, q.delivery_id from tocsin_data.alert_delivery_queue q
         where q.bucket = (l.webhook_id & 63)::smallint and q.webhook_id = l.webhook_id
           and q.due_at >= tocsin_internal.id_time(p_from_id)
        union all
        select q.attempt, q.delivery_id from tocsin_data.alert_delivery_parked q
         where q.bucket = (l.webhook_id & 63)::smallint and q.webhook_id = l.webhook_id
           and q.due_at >= tocsin_internal.id_time(p_from_id)) d
      where d.delivery_id >= p_from_id and d.delivery_id < p_before_id and (p_with_retries or d.attempt = 1)
      limit p_max)
    union all
    (select 1 from tocsin_data.alert_delivery_retries r
      where p_with_retries and r.tenant_id = p_tenant_id and (p_webhook_id is null or r.webhook_id = p_webhook_id)
        and r.delivery_id >= p_from_id and r.delivery_id < p_before_id
      limit p_max)
    limit p_max) n);
end
$$;
comment on function tocsin_internal.count_waiting(integer, integer, bigint, bigint, boolean, integer) is
  'How many deliveries wait, of a tenant or a webhook, p_max at most; without retries those that were not tried yet.';
