create or replace function tocsin.get_replay(p_tenant_id integer, p_webhook_id integer, p_replay_id bigint)
returns table (id bigint, webhook_id integer, state text, status text, since timestamptz, until timestamptz, alert_types text[],
  alert_ids bigint[], filter jsonb, delivery_limit integer, per_second integer, total integer, queued integer, done integer,
  delivered integer, failed integer, cancelled integer, pending integer, created_at timestamptz, finished_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select r.* from tocsin_internal.replay_rows(array(
    select o from tocsin_data.webhook_replays o
     where o.tenant_id = p_tenant_id and o.webhook_id = p_webhook_id and o.replay_id = p_replay_id)) r
$$;
comment on function tocsin.get_replay(integer, integer, bigint) is
  'One replay with its progress, which is right to about a second; no row when there is none.';
