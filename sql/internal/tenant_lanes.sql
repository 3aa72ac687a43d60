create function tocsin_internal.tenant_lanes(p_tenant_id integer, p_webhook_id integer) returns integer[]
language plpgsql stable set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if p_webhook_id is not null then
    return array(select l.webhook_id from tocsin_data.webhook_lanes l
      where l.bucket = (p_webhook_id & 63)::smallint and l.webhook_id = p_webhook_id and l.tenant_id = p_tenant_id);
  end if;
  return array(
    select w.webhook_id from tocsin_internal.waiting_lanes(p_tenant_id) w
    union select l.webhook_id from tocsin_data.webhook_lanes l where l.parked and l.tenant_id = p_tenant_id);
end
$$;
comment on function tocsin_internal.tenant_lanes(integer, integer) is
  'The webhooks of a tenant for which something may lie in alert_delivery_queue or alert_delivery_parked, or the one asked for.';
