-- Rows are locked in the order in which recording locks them: webhooks, health, lanes. Never the webhook's key: recording
-- writes a lane twice, and PostgreSQL then looks whether the webhook is still there.
create or replace function tocsin.enable_webhook(p_tenant_id integer, p_webhook_id integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_was_active boolean;
  h tocsin_data.webhook_health_metrics;
begin
  select w.is_active into v_was_active from tocsin_data.webhooks w
   where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id and w.deleted_at is null for no key update;
  if not found then
    raise exception using errcode = 'NTFND', message = 'There is no such webhook.';
  end if;
  select * into h from tocsin_data.webhook_health_metrics m where m.webhook_id = p_webhook_id for no key update;
  -- One that is well is left at full speed.
  if v_was_active and h.breaker_state = 'closed' and coalesce(h.blocked_until <= now(), true) then return; end if;
  update tocsin_data.webhooks w set is_active = true, disabled_reason = null, updated_at = now()
   where w.webhook_id = p_webhook_id and not v_was_active;
  update tocsin_data.webhook_health_metrics m
     set breaker_state = 'half_open', breaker_trips = 0, throttle_streak = 0, blocked_until = null,
         health_status = case when m.health_status = 'unknown' then 'unknown' else 'degraded' end,
         status_changed_at = case when m.health_status in ('unknown', 'degraded') then m.status_changed_at else now() end
   where m.webhook_id = p_webhook_id;
  update tocsin_data.webhook_lanes l set blocked_until = null, slots_max = 1, slowed_by = null, watched = true
   where l.bucket = h.bucket and l.webhook_id = p_webhook_id;
  perform tocsin_internal.wake_idle_worker();
end
$$;
comment on function tocsin.enable_webhook(integer, integer) is
  'Enables a webhook again, with a slow start: one delivery at a time at first, more with every success. Writes webhooks, webhook_health_metrics and webhook_lanes, or nothing when the webhook is well; raises NTFND.';
