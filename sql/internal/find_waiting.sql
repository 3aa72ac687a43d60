create function tocsin_internal.find_waiting(
  p_tenant_id integer, p_webhook_id integer, p_alert_id bigint, p_from_id bigint, p_before_id bigint, p_limit integer,
  p_with_retries boolean)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[] := tocsin_internal.tenant_lanes(p_tenant_id, p_webhook_id);
begin
  if v_lanes is null then
    return query select w.* from tocsin_internal.scan_waiting(p_tenant_id, p_alert_id, p_from_id, p_before_id, p_limit,
      p_with_retries) w;
  else
    return query select w.* from tocsin_internal.walk_waiting(v_lanes, p_alert_id, p_from_id, p_before_id, p_limit,
      p_with_retries) w;
  end if;
  if p_with_retries then
    return query
      select r.delivery_id, r.webhook_id, r.alert_id from tocsin_data.alert_delivery_retries r
       where r.delivery_id >= p_from_id and r.delivery_id < p_before_id and r.tenant_id = p_tenant_id
         and (p_webhook_id is null or r.webhook_id = p_webhook_id) and (p_alert_id is null or r.alert_id = p_alert_id)
       order by r.delivery_id desc limit p_limit;
  end if;
end
$$;
comment on function tocsin_internal.find_waiting(integer, integer, bigint, bigint, bigint, integer, boolean) is
  'The newest deliveries that wait, of a tenant, a webhook or an alert: up to p_limit of alert_delivery_queue and _parked, and as many of _retries; without retries only those that were never tried, or tried by the wrong worker.';
