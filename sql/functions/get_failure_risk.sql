-- p_tenant_id is last and may be left out, so that an operator can say: select * from tocsin.get_failure_risk(42).
create or replace function tocsin.get_failure_risk(p_webhook_id integer, p_tenant_id integer default null)
returns table (webhook_id integer, webhook_name text, probability double precision, attempts_last_hour bigint,
  failed_last_hour bigint, attempts_day_before bigint, failed_day_before bigint, reason text, figures jsonb)
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  v_tenant_id integer; v_name text;
begin
  select w.tenant_id, w.name into v_tenant_id, v_name from tocsin_data.webhooks w
   where w.webhook_id = p_webhook_id and w.deleted_at is null and (p_tenant_id is null or w.tenant_id = p_tenant_id);
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  end if;
  return query
    select r.webhook_id, v_name, r.probability, r.attempts_last_hour, r.failed_last_hour, r.attempts_day_before, r.failed_day_before,
           r.reason, r.figures
      from tocsin_internal.failure_risks(v_tenant_id, array[p_webhook_id], clock_timestamp()) r;
end
$$;
comment on function tocsin.get_failure_risk(integer, integer) is
  'The probability that a webhook fails within the hour: that in some five minutes of it the breaker is open, or half or more of five or more attempts fail. figures has each feature with what was observed, its value, the weight that was fitted on simulated histories, and their product: the products add up to the logit. A null tenant is any. Raises NTFND.';
