create function tocsin_internal.lane_firsts(
  p_webhook_id integer, p_alert_id bigint, p_from_id bigint, p_before_id bigint, p_limit integer)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language sql stable as $$
  (select q.delivery_id, q.webhook_id, q.alert_id from tocsin_data.alert_delivery_queue q
    where q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id
      and q.due_at between tocsin_internal.id_time(p_from_id) and tocsin_internal.id_time(p_before_id)
      and q.due_at = tocsin_internal.id_time(q.delivery_id) and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
      and (p_alert_id is null or q.alert_id = p_alert_id)
    order by q.due_at desc, q.delivery_id desc limit p_limit)
  union all
  (select q.delivery_id, q.webhook_id, q.alert_id from tocsin_data.alert_delivery_parked q
    where q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id
      and q.due_at between tocsin_internal.id_time(p_from_id) and tocsin_internal.id_time(p_before_id)
      and q.due_at = tocsin_internal.id_time(q.delivery_id) and q.delivery_id >= p_from_id and q.delivery_id < p_before_id
      and (p_alert_id is null or q.alert_id = p_alert_id)
    order by q.due_at desc, q.delivery_id desc limit p_limit)
$$;
comment on function tocsin_internal.lane_firsts(integer, bigint, bigint, bigint, integer) is
  'The newest deliveries of a webhook in alert_delivery_queue and alert_delivery_parked that are not retries, up to p_limit of each; a null alert is any.';
