create or replace function tocsin.list_failure_risks(
  p_tenant_id integer, p_after_id integer default null, p_limit integer default 1000)
returns table (webhook_id integer, webhook_name text, probability double precision, attempts_last_hour bigint,
  failed_last_hour bigint, attempts_day_before bigint, failed_day_before bigint, reason text, figures jsonb)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select w.webhook_id, w.name, r.probability, r.attempts_last_hour, r.failed_last_hour, r.attempts_day_before,
           r.failed_day_before, r.reason, r.figures
      from tocsin_internal.failure_risks(p_tenant_id, array(
             select o.webhook_id from tocsin_data.webhooks o
              where o.tenant_id = p_tenant_id and o.deleted_at is null and o.is_active and o.webhook_id > coalesce(p_after_id, 0)
              order by o.webhook_id limit least(greatest(p_limit, 0), 5000)), clock_timestamp()) r
      join tocsin_data.webhooks w on w.webhook_id = r.webhook_id
     order by w.webhook_id;
end
$$;
comment on function tocsin.list_failure_risks(integer, integer, integer) is
  'The failure risks of a tenant''s active webhooks after p_after_id, ascending by id, 5,000 at most, as get_failure_risk gives them.';
