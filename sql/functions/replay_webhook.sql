create or replace function tocsin.replay_webhook(
  p_tenant_id integer, p_webhook_id integer, p_since timestamptz default null, p_until timestamptz default null,
  p_status text default 'all', p_alert_types text[] default null, p_filter jsonb default null, p_alert_ids bigint[] default null,
  p_limit integer default null, p_per_second integer default null, p_dry_run boolean default false)
returns table (replay_id bigint, matched integer)
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  r tocsin_data.webhook_replays;
  v_ids record := tocsin_internal.id_bounds(p_since, coalesce(p_until, clock_timestamp()), null);
begin
  perform tocsin_internal.check_replay(p_status, p_since, p_until, p_alert_types, p_alert_ids, p_filter, p_limit, p_per_second);
  if not exists (select from tocsin_data.webhooks w
                  where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id and w.deleted_at is null) then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  elsif not p_dry_run and (select count(*) >= 10 from tocsin_data.webhook_replays o
                            where o.webhook_id = p_webhook_id and o.finished_at is null) then
    raise exception using errcode = 'STALE', message = 'Ten replays of this webhook are under way.',
      hint = 'Wait for one to finish, or cancel one.';
  end if;
  r.tenant_id := p_tenant_id; r.webhook_id := p_webhook_id; r.status := p_status;
  r.from_id := v_ids.from_id; r.before_id := v_ids.before_id; r.position := v_ids.from_id - 1;
  r.alert_types := p_alert_types; r.alert_ids := p_alert_ids; r.filter := tocsin_internal.compile_filter(p_filter);
  r.replay_id := tocsin_internal.next_id();
  matched := tocsin_internal.count_replay(r, coalesce(p_limit, 100000));
  if not p_dry_run then
    replay_id := r.replay_id;
    insert into tocsin_data.webhook_replays (replay_id, tenant_id, webhook_id, status, from_id, before_id, alert_types, alert_ids,
        filter, delivery_limit, per_second, total, position)
      values (r.replay_id, p_tenant_id, p_webhook_id, p_status, r.from_id, r.before_id, p_alert_types, p_alert_ids, p_filter, p_limit,
        p_per_second, matched, r.position);
  end if;
  return next;
end
$$;
comment on function tocsin.replay_webhook(integer, integer, timestamptz, timestamptz, text, text[], jsonb, bigint[], integer, integer, boolean) is
  'Sends alerts of a time and of a kind to a webhook again: those whose delivery there failed, was delivered, or all, then also those that it never got but would get by its settings of now, or that are named by id or type. What waits is left alone. Returns the replay and how many deliveries match, counted up to 100,000; a dry run only counts. Writes webhook_replays; raises NTFND, INVLD, STALE while ten are under way.';
