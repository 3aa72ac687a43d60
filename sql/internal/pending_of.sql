-- Written so that the planner takes it into the query that asks: a call for each of 400 webhooks costs as much as all else.
create function tocsin_internal.pending_of(p_webhook_id integer, p_count_max integer) returns table (pending integer)
language sql stable as $$
  select count(*)::integer from (
    (select from tocsin_data.alert_delivery_queue q
      where q.bucket = (p_webhook_id & 63)::smallint and q.webhook_id = p_webhook_id limit p_count_max)
    union all
    (select from tocsin_data.alert_delivery_parked p
      where p.bucket = (p_webhook_id & 63)::smallint and p.webhook_id = p_webhook_id limit p_count_max)
    union all
    (select from tocsin_data.alert_delivery_retries r where r.webhook_id = p_webhook_id limit p_count_max)
    limit p_count_max) waiting
$$;
comment on function tocsin_internal.pending_of(integer, integer) is
  'How many deliveries of a webhook wait, be it for their turn, a retry or the webhook; counts no further than p_count_max. For callers without sequential scans.';
