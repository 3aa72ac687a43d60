-- In plpgsql, because planning this query takes ten times as long as running it, and a SQL function may be planned per call.
create function tocsin_internal.read_webhooks(p_webhook_ids integer[])
returns table (id integer, name text, url text, description text, is_active boolean, events text[], min_severity text,
  filter jsonb, header_names text[], retry_policy jsonb, timeout_seconds smallint, ssl_verify boolean,
  rate_limit_per_second real, max_in_flight smallint, ordered boolean, format text, disabled_reason text, health_status text,
  breaker_state text, blocked_until timestamptz, total_deliveries bigint, successful_deliveries bigint,
  failed_deliveries bigint, success_rate_percent double precision, last_used_at timestamptz, pending_deliveries integer,
  created_at timestamptz, updated_at timestamptz, slots smallint, slowed_because text)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
  select w.webhook_id, w.name, w.url, w.description, w.is_active, w.events, w.min_severity, w.filter, w.header_names,
         w.retry_policy, w.timeout_seconds, w.ssl_verify, w.rate_limit_per_second, w.max_in_flight, w.ordered, w.format,
         w.disabled_reason, case when m.health_status = 'unknown' and u.delivered > 0 then 'healthy' else m.health_status end,
         m.breaker_state, nullif(greatest(m.blocked_until, now()), now()), t.total, t.successful, m.failed_deliveries,
         round(100.0 * t.successful / nullif(t.total, 0), 2)::double precision, greatest(m.last_used_at, u.last_used_at),
         p.pending, w.created_at, w.updated_at,
         least(l.slots_max, l.max_in_flight), tocsin_internal.slowed_because(l, m)
    from tocsin_data.webhooks w
    join tocsin_data.webhook_health_metrics m on m.webhook_id = w.webhook_id
    left join tocsin_internal.unfolded_health(p_webhook_ids) u on u.webhook_id = w.webhook_id
   cross join lateral (
     select * from tocsin_data.webhook_lanes n where n.bucket = w.bucket and n.webhook_id = w.webhook_id limit 1) l
   cross join lateral (
     select m.total_deliveries + coalesce(u.delivered, 0) as total, m.successful_deliveries + coalesce(u.delivered, 0) as successful) t
   cross join lateral tocsin_internal.pending_of(w.webhook_id, 10000) p
   where w.webhook_id = any (p_webhook_ids)
   order by w.webhook_id;
end
$$;
comment on function tocsin_internal.read_webhooks(integer[]) is
  'Webhooks as the API shows them, ascending: settings, health and totals to the second; no secret.';
