create or replace function tocsin.list_deliveries(
  p_tenant_id integer, p_status text default null, p_webhook_id integer default null, p_alert_id bigint default null,
  p_since timestamptz default null, p_until timestamptz default null, p_before_id bigint default null,
  p_limit integer default 20, p_offset integer default 0)
returns table (id bigint, alert_id bigint, webhook_id integer, status text, attempt_count integer, last_status_code smallint,
  last_error text, response_ms integer, last_attempt_at timestamptz, next_attempt_at timestamptz, created_at timestamptz)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_page record;
begin
  perform tocsin_internal.check_choice(p_status, '{pending,sending,delivered,failed,cancelled}', '/status');
  perform tocsin_internal.check_page(p_limit, p_offset);
  select array_agg(f.delivery_id) as delivery_ids, array_agg(f.webhook_id) as webhook_ids, array_agg(f.alert_id) as alert_ids
    into v_page
    from (select * from tocsin_internal.find_deliveries(p_tenant_id, p_status, p_webhook_id, p_alert_id, p_since, p_until,
            p_before_id, p_limit + p_offset) offset p_offset) f;
  return query select d.*
    from tocsin_internal.describe_deliveries(v_page.delivery_ids, v_page.webhook_ids, v_page.alert_ids) d;
end
$$;
comment on function tocsin.list_deliveries(integer, text, integer, bigint, timestamptz, timestamptz, bigint, integer, integer) is
  'Deliveries of a tenant, newest first, wherever they are: waiting (pending), being sent, or ended; p_since and p_until bound when they were raised. For the next page give the last id as p_before_id. Raises INVLD.';
