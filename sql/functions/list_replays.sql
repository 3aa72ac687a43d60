create or replace function tocsin.list_replays(
  p_tenant_id integer, p_webhook_id integer, p_before_id bigint default null, p_limit integer default 20, p_offset integer default 0)
returns table (id bigint, webhook_id integer, state text, status text, since timestamptz, until timestamptz, alert_types text[],
  alert_ids bigint[], filter jsonb, delivery_limit integer, per_second integer, total integer, queued integer, done integer,
  delivered integer, failed integer, cancelled integer, pending integer, created_at timestamptz, finished_at timestamptz)
language plpgsql stable security definer set search_path = '' set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  perform tocsin_internal.check_page(p_limit, p_offset);
  return query select r.* from tocsin_internal.replay_rows(array(
    select o from tocsin_data.webhook_replays o
     where o.tenant_id = p_tenant_id and o.webhook_id = p_webhook_id and (p_before_id is null or o.replay_id < p_before_id)
     order by o.replay_id desc limit p_limit offset p_offset)) r;
end
$$;
comment on function tocsin.list_replays(integer, integer, bigint, integer, integer) is
  'The replays of a webhook with their progress, newest first; for the next page give the last id as p_before_id. Raises INVLD.';
