create or replace function tocsin.cancel_replay(p_tenant_id integer, p_webhook_id integer, p_replay_id bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_state text;
begin
  select o.state into v_state from tocsin_data.webhook_replays o
   where o.tenant_id = p_tenant_id and o.webhook_id = p_webhook_id and o.replay_id = p_replay_id for update;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such replay.';
  end if;
  update tocsin_data.webhook_replays o set state = 'cancelled' where o.replay_id = p_replay_id and v_state = 'queueing';
end
$$;
comment on function tocsin.cancel_replay(integer, integer, bigint) is
  'Ends the queueing of a replay; what it has queued is delivered, and one that has queued everything is left as it is. Writes webhook_replays; raises NTFND.';
