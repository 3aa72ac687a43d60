create function tocsin_internal.find_leased(
  p_tenant_id integer, p_webhook_id integer, p_alert_id bigint, p_from_id bigint, p_before_id bigint, p_limit integer)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  return query
    select m.delivery_id, m.webhook_id, m.alert_id
      from (select u.delivery_id, u.webhook_id, u.alert_id, u.attempt
              from tocsin_data.alert_delivery_leases l
             cross join lateral unnest(l.delivery_ids, l.webhook_ids, l.alert_ids, l.attempts)
                     as u(delivery_id, webhook_id, alert_id, attempt)
              join tocsin_data.webhook_lanes n on n.bucket = (u.webhook_id & 63)::smallint and n.webhook_id = u.webhook_id
             where n.tenant_id = p_tenant_id and (p_webhook_id is null or u.webhook_id = p_webhook_id)
               and (p_alert_id is null or u.alert_id = p_alert_id) and u.delivery_id >= p_from_id and u.delivery_id < p_before_id
             order by u.delivery_id desc) m
     where not exists (select from tocsin_data.alert_delivery_log g
                        where g.delivery_id = m.delivery_id and g.bucket = (m.webhook_id & 63)::smallint and g.attempt = m.attempt)
     order by m.delivery_id desc limit p_limit;
end
$$;
comment on function tocsin_internal.find_leased(integer, integer, bigint, bigint, bigint, integer) is
  'The newest deliveries that are being sent: members of alert_delivery_leases whose attempt is not logged yet.';
