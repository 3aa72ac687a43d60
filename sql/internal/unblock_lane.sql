-- Health before lanes, as everywhere. An open breaker stays open: what goes out now is its probe.
create function tocsin_internal.unblock_lane(p_webhook_id integer) returns void
language plpgsql volatile as $$
begin
  update tocsin_data.webhook_health_metrics m set blocked_until = clock_timestamp()
   where m.webhook_id = p_webhook_id and m.blocked_until > clock_timestamp();
  update tocsin_data.webhook_lanes l set blocked_until = null
   where l.bucket = (p_webhook_id & 63)::smallint and l.webhook_id = p_webhook_id and l.blocked_until is not null;
end
$$;
comment on function tocsin_internal.unblock_lane(integer) is
  'Lets a webhook that the breaker, a throttle or an ordered retry holds back be served at once; writes webhook_health_metrics and webhook_lanes.';
