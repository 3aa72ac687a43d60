-- As find_logged, but in no order, so that counting ends with the p_max-th row wherever it is found.
create function tocsin_internal.count_logged(
  p_tenant_id integer, p_status text, p_webhook_id integer, p_from_id bigint, p_before_id bigint, p_max integer)
returns bigint
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set enable_incremental_sort = off as $$
declare
  v_webhook_ids integer[] := case when p_webhook_id is not null then array[p_webhook_id]
    else array(select w.webhook_id from tocsin_data.webhooks w where w.tenant_id = p_tenant_id limit 51) end;
begin
  if p_webhook_id is null and (cardinality(v_webhook_ids) > 50 or p_status in ('failed', 'cancelled')) then
    return (select count(*) from tocsin_internal.find_logged(p_tenant_id, p_status, null, null, p_from_id, p_before_id, p_max));
  end if;
  return (select count(*) from (
    select from unnest(v_webhook_ids) as w(webhook_id)
     cross join lateral (
       select distinct on (g.delivery_id) g.delivery_id from tocsin_data.alert_delivery_log g
        where g.webhook_id = w.webhook_id and g.tenant_id = p_tenant_id
          and g.delivery_id >= p_from_id and g.delivery_id < p_before_id
          and (p_status is null or g.status = p_status and g.next_attempt_at is null)
        order by g.delivery_id desc) d
     limit p_max) n);
end
$$;
comment on function tocsin_internal.count_logged(integer, text, integer, bigint, bigint, integer) is
  'How many deliveries find_logged would find, p_max at most.';
