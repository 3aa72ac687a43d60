create or replace view tocsin.v_failure_risk as
select t.tenant_id, r.webhook_id, r.webhook_name as name, r.probability, r.reason, r.attempts_last_hour, r.failed_last_hour,
       r.attempts_day_before, r.failed_day_before, r.figures
  from tocsin_data.tenants t
 cross join lateral tocsin.list_failure_risks(t.tenant_id, null, 5000) r
 where t.deleted_at is null
 order by r.probability desc, r.webhook_id;
comment on view tocsin.v_failure_risk is
  'Active webhooks, the likeliest to fail within the hour first (5,000 of a tenant at most): the probability, what raises it, and the figures behind it; see get_failure_risk.';
