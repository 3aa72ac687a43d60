-- A delivery has ended when its last row says so and has no next_attempt_at, which retry_delivery would have set. The
-- indexes give the order; which of them depends on what is asked. With many tenants the newest rows are mostly those of
-- others, so a tenant with few webhooks is looked up webhook by webhook, unless much is wanted of a tenant with many rows.
create function tocsin_internal.find_logged(
  p_tenant_id integer, p_status text, p_webhook_id integer, p_alert_id bigint, p_from_id bigint, p_before_id bigint,
  p_limit integer)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set enable_incremental_sort = off as $$
declare
  v_webhook_ids integer[];
begin
  if p_status in ('failed', 'cancelled') and p_webhook_id is null and p_alert_id is null then
    -- Written out, because a partial index cannot be used for a parameter.
    return query
      (select g.delivery_id, g.webhook_id, g.alert_id from tocsin_data.alert_delivery_log g
        where p_status = 'failed' and g.tenant_id = p_tenant_id and g.status = 'failed' and g.next_attempt_at is null
          and g.delivery_id >= p_from_id and g.delivery_id < p_before_id
        order by g.delivery_id desc limit p_limit)
      union all
      (select g.delivery_id, g.webhook_id, g.alert_id from tocsin_data.alert_delivery_log g
        where p_status = 'cancelled' and g.tenant_id = p_tenant_id and g.status = 'cancelled' and g.next_attempt_at is null
          and g.delivery_id >= p_from_id and g.delivery_id < p_before_id
        order by g.delivery_id desc limit p_limit);
    return;
  end if;
  v_webhook_ids := case when p_webhook_id is not null then array[p_webhook_id]
    else array(select w.webhook_id from tocsin_data.webhooks w where w.tenant_id = p_tenant_id limit 51) end;
  if p_webhook_id is not null or cardinality(v_webhook_ids) <= 50 and p_alert_id is null and (p_limit <= 200 or 100000 > (
      select sum(m.total_deliveries) from tocsin_data.webhook_health_metrics m where m.webhook_id = any (v_webhook_ids))) then
    return query
      select d.delivery_id, d.webhook_id, d.alert_id
        from unnest(v_webhook_ids) as w(webhook_id)
       cross join lateral (
         select distinct on (g.delivery_id) g.delivery_id, g.webhook_id, g.alert_id from tocsin_data.alert_delivery_log g
          where g.webhook_id = w.webhook_id and g.tenant_id = p_tenant_id and (p_alert_id is null or g.alert_id = p_alert_id)
            and g.delivery_id >= p_from_id and g.delivery_id < p_before_id
            and (p_status is null or g.status = p_status and g.next_attempt_at is null)
          order by g.delivery_id desc limit p_limit) d
       order by d.delivery_id desc limit p_limit;
    return;
  end if;
  return query
    select distinct on (g.delivery_id) g.delivery_id, g.webhook_id, g.alert_id from tocsin_data.alert_delivery_log g
     where g.tenant_id = p_tenant_id and (p_alert_id is null or g.alert_id = p_alert_id)
       and g.delivery_id >= p_from_id and g.delivery_id < p_before_id
       and (p_status is null or g.status = p_status and g.next_attempt_at is null)
     order by g.delivery_id desc limit p_limit;
end
$$;
comment on function tocsin_internal.find_logged(integer, text, integer, bigint, bigint, bigint, integer) is
  'The newest deliveries of alert_delivery_log: those that ended with a status, or with null those that have any row.';
