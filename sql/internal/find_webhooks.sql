create function tocsin_internal.find_webhooks(
  p_tenant_id integer, p_is_active boolean, p_health_status text, p_event text, p_q text, p_after_id integer,
  p_limit integer, p_offset integer) returns setof integer
language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select w.webhook_id from tocsin_data.webhooks w
     where w.tenant_id = p_tenant_id and w.deleted_at is null and w.webhook_id > coalesce(p_after_id, 0)
       and (p_is_active is null or w.is_active = p_is_active)
       and (p_health_status is null or exists (
         select from tocsin_data.webhook_health_metrics m where m.webhook_id = w.webhook_id and m.health_status = p_health_status))
       and (p_event is null or w.webhook_id in (
         select r.webhook_id from tocsin_data.webhook_routes r
          where r.tenant_id = p_tenant_id and r.pattern = any (tocsin_internal.route_patterns(p_event))))
       and (p_q is null or position(lower(p_q) in lower(concat_ws(E'\n', w.name, w.url, w.description))) > 0)
     order by w.webhook_id limit p_limit offset p_offset;
end
$$;
comment on function tocsin_internal.find_webhooks(integer, boolean, text, text, text, integer, integer, integer) is
  'The ids of a tenant''s webhooks that fit all given filters, ascending.';
