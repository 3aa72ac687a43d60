create or replace function tocsin.list_attempts(p_tenant_id integer, p_delivery_id bigint)
returns table (attempt smallint, status text, status_code smallint, response_ms integer, error text, response_body text,
  attempted_at timestamptz, next_attempt_at timestamptz, response_headers jsonb)
language plpgsql stable security definer set search_path = '' set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select g.attempt, g.status, g.status_code, g.response_ms, g.error, g.response_body, g.attempted_at, g.next_attempt_at,
           (select h.headers from tocsin_data.answer_headers h where h.delivery_id = g.delivery_id and h.attempt = g.attempt)
      from tocsin_data.alert_delivery_log g
     where g.delivery_id = p_delivery_id and g.tenant_id = p_tenant_id
     order by g.attempt limit 1000;
end
$$;
comment on function tocsin.list_attempts(integer, bigint) is
  'The attempts of a delivery of a tenant, first to last, with what the receiver answered (headers of failures only); next_attempt_at is when the next one was or is due.';
