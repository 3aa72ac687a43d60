-- Time is cut into slots of five seconds, each of which counts once and wholly: what is seen at its sample is taken for the
-- slot. So no minute has more than sixty seconds, and in the long run neither too much nor too little is counted.
create function tocsin_internal.sample_lanes(p_now timestamptz) returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_slot bigint := floor(date_part('epoch', p_now) / 5);
  v_figures tocsin_internal.history_figures[];
begin
  update tocsin_data.history_state s set sampled_slot = v_slot where s.sampled_slot < v_slot;
  if not found then return; end if;
  select array_agg((date_bin('1 minute', p_now, '2000-01-01 00:00Z'), l.tenant_id, l.webhook_id, null, null, null, null, null, null,
             null, case when m.breaker_state = 'open' then 5 end, case when m.breaker_state <> 'open' then 5 end
           )::tocsin_internal.history_figures)
    into v_figures
    from (select w.webhook_id from tocsin_data.webhook_lanes w where w.watched
          union select r.webhook_id from tocsin_data.webhook_lanes r where r.rate_limit_per_second is not null) c
    join tocsin_data.webhook_lanes l on l.bucket = (c.webhook_id & 63)::smallint and l.webhook_id = c.webhook_id
    join tocsin_data.webhook_health_metrics m on m.webhook_id = l.webhook_id
   where m.breaker_state = 'open'
      or l.is_open
         and greatest(m.blocked_until, tocsin_internal.rate_ready_at(l.rate_next_at, l.rate_limit_per_second)) > p_now
         and (exists (select from tocsin_data.alert_delivery_queue q
                       where q.bucket = l.bucket and q.webhook_id = l.webhook_id and q.due_at <= p_now)
              or l.parked and exists (select from tocsin_data.alert_delivery_parked q
                       where q.bucket = l.bucket and q.webhook_id = l.webhook_id and q.due_at <= p_now));
  perform tocsin_internal.stage_history(v_figures);
end
$$;
comment on function tocsin_internal.sample_lanes(timestamptz) is
  'Once in five seconds, notes which webhooks have an open breaker, and which have something due that their rate limit or the receiver''s wish to be left alone holds back. Writes history_deltas and history_state.';
