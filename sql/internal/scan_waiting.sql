create function tocsin_internal.scan_waiting(
  p_tenant_id integer, p_alert_id bigint, p_from_id bigint, p_before_id bigint, p_limit integer, p_with_retries boolean)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = on set enable_bitmapscan = off as $$
begin
  return query
    select d.delivery_id, d.webhook_id, d.alert_id from (
      (select q.delivery_id, q.webhook_id, q.alert_id from tocsin_data.alert_delivery_queue q
        where q.tenant_id = p_tenant_id and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
          and (p_alert_id is null or q.alert_id = p_alert_id)
          and (p_with_retries or q.due_at = tocsin_internal.id_time(q.delivery_id))
        order by q.delivery_id desc limit p_limit)
      union all
      (select q.delivery_id, q.webhook_id, q.alert_id from tocsin_data.alert_delivery_parked q
        where q.tenant_id = p_tenant_id and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
          and (p_alert_id is null or q.alert_id = p_alert_id)
          and (p_with_retries or q.due_at = tocsin_internal.id_time(q.delivery_id))
        order by q.delivery_id desc limit p_limit)) d
     order by d.delivery_id desc limit p_limit;
end
$$;
comment on function tocsin_internal.scan_waiting(integer, bigint, bigint, bigint, integer, boolean) is
  'What walk_waiting finds in the lanes of a tenant, found by reading alert_delivery_queue and _parked from end to end.';
