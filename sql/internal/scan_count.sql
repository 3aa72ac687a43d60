create function tocsin_internal.scan_count(
  p_tenant_id integer, p_from_id bigint, p_before_id bigint, p_with_retries boolean, p_max integer) returns bigint
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = on set enable_bitmapscan = off as $$
begin
  return (select count(*) from (
    (select 1 from tocsin_data.alert_delivery_queue q
      where q.tenant_id = p_tenant_id and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
        and (p_with_retries or q.attempt = 1) limit p_max)
    union all
    (select 1 from tocsin_data.alert_delivery_parked q
      where q.tenant_id = p_tenant_id and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
        and (p_with_retries or q.attempt = 1) limit p_max)) n);
end
$$;
comment on function tocsin_internal.scan_count(integer, bigint, bigint, boolean, integer) is
  'How many deliveries of a tenant lie in alert_delivery_queue and _parked, up to p_max in each, found by reading both from end to end; without retries only those that were not tried yet.';
