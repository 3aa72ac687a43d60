-- Where many lanes hold a little each, as after an alert that went to thousands of webhooks, reading the queue itself is less
-- work than looking into each lane: a page of it holds about 130 rows and takes as long as a lane, 10 µs. So no more lanes are
-- walked than there are pages, and whichever is less work is at most doubled by not knowing which it is.
create function tocsin_internal.tenant_lanes(p_tenant_id integer, p_webhook_id integer) returns integer[]
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[];
  v_lanes_max bigint := (pg_catalog.pg_relation_size('tocsin_data.alert_delivery_queue')
    + pg_catalog.pg_relation_size('tocsin_data.alert_delivery_parked')) / current_setting('block_size')::integer;
begin
  if p_webhook_id is not null then
    return array(select l.webhook_id from tocsin_data.webhook_lanes l
      where l.bucket = (p_webhook_id & 63)::smallint and l.webhook_id = p_webhook_id and l.tenant_id = p_tenant_id);
  end if;
  v_lanes := tocsin_internal.waiting_lanes(p_tenant_id, v_lanes_max);
  if v_lanes is null then return null; end if;
  v_lanes := array(
    select w.webhook_id from unnest(v_lanes) as w(webhook_id)
    union
    select p.webhook_id from (
      select l.webhook_id from tocsin_data.webhook_lanes l where l.parked and l.tenant_id = p_tenant_id limit v_lanes_max + 1) p);
  return case when cardinality(v_lanes) <= v_lanes_max then v_lanes end;
end
$$;
comment on function tocsin_internal.tenant_lanes(integer, integer) is
  'The webhooks of a tenant for which something may lie in alert_delivery_queue or alert_delivery_parked, or the one asked for; null when there are so many that both are read from end to end with less work.';
