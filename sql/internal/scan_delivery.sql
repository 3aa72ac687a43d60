create function tocsin_internal.scan_delivery(p_delivery_id bigint) returns setof tocsin_data.alert_delivery_queue
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = on as $$
begin
  return query select * from tocsin_data.alert_delivery_queue q where q.delivery_id = p_delivery_id limit 1;
end
$$;
comment on function tocsin_internal.scan_delivery(bigint) is
  'A delivery in alert_delivery_queue, found by reading it from end to end: for who knows by tenant_lanes that this is less work.';
