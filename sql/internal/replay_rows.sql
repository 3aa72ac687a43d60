create function tocsin_internal.replay_rows(p_replays tocsin_data.webhook_replays[])
returns table (id bigint, webhook_id integer, state text, status text, since timestamptz, until timestamptz, alert_types text[],
  alert_ids bigint[], filter jsonb, delivery_limit integer, per_second integer, total integer, queued integer, done integer,
  delivered integer, failed integer, cancelled integer, pending integer, created_at timestamptz, finished_at timestamptz)
language sql stable as $$
  select o.replay_id, o.webhook_id, o.state, o.status, nullif(tocsin_internal.id_time(o.from_id), '2025-01-01 00:00Z'),
         tocsin_internal.id_time(o.before_id), o.alert_types, o.alert_ids, o.filter, o.delivery_limit, o.per_second, o.total, o.queued,
         o.delivered + o.failed + o.cancelled, o.delivered, o.failed, o.cancelled, o.queued - o.delivered - o.failed - o.cancelled,
         o.created_at, o.finished_at
    from unnest(p_replays) with ordinality as o order by o.ordinality
$$;
comment on function tocsin_internal.replay_rows(tocsin_data.webhook_replays[]) is 'Replays as the outside sees them, in the order given.';
