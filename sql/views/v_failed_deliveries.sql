create or replace view tocsin.v_failed_deliveries as
select g.delivery_id, g.alert_id, g.webhook_id, g.tenant_id, w.name as webhook_name, w.url, a.alert_type, a.severity, a.message,
       g.attempt as attempts, g.status_code as last_status_code, g.error as last_error, g.attempted_at as failed_at,
       case when w.deleted_at is null and a.alert_type is not null
         then format('select * from tocsin.retry_delivery(%s)', g.delivery_id) end as how_to_retry
  from tocsin_data.alert_delivery_log g
  join tocsin_data.webhooks w on w.webhook_id = g.webhook_id
  left join lateral (
    select o.alert_type, o.severity, o.message from tocsin_data.alerts o
     where o.tenant_id = g.tenant_id and o.alert_id = g.alert_id limit 1) a on true
 where g.status = 'failed' and g.next_attempt_at is null
 order by g.delivery_id desc;
comment on view tocsin.v_failed_deliveries is
  'Deliveries that were given up, newest first: what, to whom, why, and the statement that tries again; none when the webhook or the alert is gone.';
