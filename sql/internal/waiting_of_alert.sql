-- A delivery that was tried before is in the log, which tells more; so this looks only for those that were not.
create function tocsin_internal.waiting_of_alert(p_webhook_id integer, p_alert_id bigint, p_first_id bigint, p_last_id bigint)
returns setof bigint
language sql stable as $$
  select q.delivery_id from tocsin_data.alert_delivery_queue q
   where q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id and q.alert_id = p_alert_id
     and q.due_at between tocsin_internal.id_time(p_first_id) and tocsin_internal.id_time(p_last_id)
  union all
  select q.delivery_id from tocsin_data.alert_delivery_parked q
   where q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id and q.alert_id = p_alert_id
     and q.due_at between tocsin_internal.id_time(p_first_id) and tocsin_internal.id_time(p_last_id)
  union all
  select q.delivery_id from tocsin_data.alert_delivery_retries q
   where q.webhook_id = p_webhook_id and q.delivery_id between p_first_id and p_last_id and q.alert_id = p_alert_id
$$;
comment on function tocsin_internal.waiting_of_alert(integer, bigint, bigint, bigint) is
  'The deliveries of an alert for a webhook, within a range of ids, that wait and were never tried.';
