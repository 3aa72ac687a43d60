create function tocsin_internal.scan_oldest_due(p_tenant_id integer) returns timestamptz
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = on set enable_bitmapscan = off as $$
begin
  return (
    select min(w.due_at)
      from (select q.bucket, q.webhook_id, min(q.due_at) as due_at from tocsin_data.alert_delivery_queue q
             where q.tenant_id = p_tenant_id group by q.bucket, q.webhook_id) w
      join tocsin_data.webhook_lanes l on l.bucket = w.bucket and l.webhook_id = w.webhook_id
     where l.is_open and coalesce(l.blocked_until <= clock_timestamp(), true));
end
$$;
comment on function tocsin_internal.scan_oldest_due(integer) is
  'When the delivery of a tenant was due that waits longest in alert_delivery_queue though it may be sent, found by reading it from end to end.';
