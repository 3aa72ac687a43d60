-- What waits of an alert can only be told from what was tried by looking at each, so all of an alert's are looked at.
create function tocsin_internal.find_deliveries(
  p_tenant_id integer, p_status text, p_webhook_id integer, p_alert_id bigint, p_since timestamptz, p_until timestamptz,
  p_before_id bigint, p_limit integer)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_hashjoin = off as $$
declare
  v_ids record := tocsin_internal.delivery_bounds(p_tenant_id, p_alert_id, p_since, p_until, p_before_id);
  v_whole boolean := p_alert_id is not null and p_status is not distinct from 'pending';
  v_limit integer := case when v_whole then 100000 else p_limit end;
begin
  return query
    with logged as materialized (
      select * from tocsin_internal.find_logged(p_tenant_id, case when not v_whole then p_status end, p_webhook_id, p_alert_id,
          v_ids.from_id, v_ids.before_id, v_limit)
       where v_whole or p_status is null or p_status in ('delivered', 'failed', 'cancelled')),
    bound as materialized (
      select coalesce(min(l.delivery_id) filter (where l.n = v_limit), v_ids.from_id) as from_id
        from (select o.delivery_id, row_number() over (order by o.delivery_id desc) as n from logged o) l)
    select f.delivery_id, f.webhook_id, f.alert_id from (
        select * from logged
        union
        select * from tocsin_internal.find_waiting(p_tenant_id, p_webhook_id, p_alert_id, (select b.from_id from bound b),
            v_ids.before_id, v_limit, p_status is not null and not v_whole)
         where p_status is null or p_status = 'pending'
        union
        select * from tocsin_internal.find_leased(p_tenant_id, p_webhook_id, p_alert_id, (select b.from_id from bound b),
            v_ids.before_id, v_limit)
         where p_status is null or p_status = 'sending'
        union
        select m.delivery_id, m.webhook_id, m.alert_id from tocsin_data.alert_redeliveries m
         cross join lateral tocsin_internal.id_bounds(p_since, p_until, p_before_id) b
         where m.alert_id = p_alert_id and m.tenant_id = p_tenant_id and (p_webhook_id is null or m.webhook_id = p_webhook_id)
           and m.delivery_id >= b.from_id and m.delivery_id < b.before_id
           and (p_status is null or exists (
             select from tocsin_internal.describe_deliveries(array[m.delivery_id], array[m.webhook_id], array[m.alert_id]) d
              where d.status = p_status))) f
     where not v_whole or exists (
       select from tocsin_internal.describe_deliveries(array[f.delivery_id], array[f.webhook_id], array[f.alert_id]) d
        where d.status = 'pending')
     order by f.delivery_id desc limit p_limit;
end
$$;
comment on function tocsin_internal.find_deliveries(integer, text, integer, bigint, timestamptz, timestamptz, bigint, integer) is
  'The newest deliveries with a status, or any, of a tenant, a webhook or an alert.';
