create or replace function tocsin.count_deliveries(
  p_tenant_id integer, p_status text default null, p_webhook_id integer default null, p_alert_id bigint default null,
  p_since timestamptz default null, p_until timestamptz default null)
returns bigint
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  v_ids record := tocsin_internal.delivery_bounds(p_tenant_id, p_alert_id, p_since, p_until, null);
  v_count bigint := 0;
begin
  perform tocsin_internal.check_choice(p_status, '{pending,sending,delivered,failed,cancelled}', '/status');
  if p_alert_id is not null then
    return (select count(*) from tocsin_internal.find_deliveries(p_tenant_id, p_status, p_webhook_id, p_alert_id, p_since,
      p_until, null, 10001));
  end if;
  if p_status is null or p_status in ('delivered', 'failed', 'cancelled') then
    v_count := tocsin_internal.count_logged(p_tenant_id, p_status, p_webhook_id, v_ids.from_id, v_ids.before_id, 10001);
  end if;
  if (p_status is null or p_status = 'sending') and v_count < 10001 then
    v_count := v_count + (select count(*) from tocsin_internal.find_leased(p_tenant_id, p_webhook_id, null, v_ids.from_id,
      v_ids.before_id, 10001) f
       where p_status is not null or not exists (
         select from tocsin_data.alert_delivery_log g
          where g.delivery_id = f.delivery_id and g.bucket = (f.webhook_id & 63)::smallint));
  end if;
  if (p_status is null or p_status = 'pending') and v_count < 10001 then
    v_count := v_count + tocsin_internal.count_waiting(p_tenant_id, p_webhook_id, v_ids.from_id, v_ids.before_id,
      p_status is not null, 10001);
  end if;
  return least(v_count, 10001);
end
$$;
comment on function tocsin.count_deliveries(integer, text, integer, bigint, timestamptz, timestamptz) is
  'How many deliveries list_deliveries would give in all; 10,001 stands for more than 10,000. Raises INVLD.';
