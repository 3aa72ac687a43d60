-- What a batch recorded within the last second or so; a few rows of arrays.
create function tocsin_internal.unfolded_health(p_webhook_ids integer[])
returns table (webhook_id integer, delivered bigint, last_used_at timestamptz)
language sql stable as $$
  select r.webhook_id, count(*), max(d.recorded_at)
    from tocsin_data.webhook_health_deltas d cross join lateral unnest(d.webhook_ids) as r(webhook_id)
   where d.webhook_ids && p_webhook_ids and r.webhook_id = any (p_webhook_ids)
   group by r.webhook_id
$$;
comment on function tocsin_internal.unfolded_health(integer[]) is
  'Successes of webhooks that are recorded in webhook_health_deltas and not yet folded into webhook_health_metrics.';
