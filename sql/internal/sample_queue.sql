-- Counting takes about 0.15 µs a row that waits, so the next sample is put off until this one has cost half a per cent of the
-- time since: with a million waiting it comes every half minute still. 5,000,000 stands for as many or more.
create function tocsin_internal.sample_queue(p_now timestamptz) returns void
language plpgsql volatile as $$
declare
  v_minute_at timestamptz := date_bin('1 minute', p_now, '2000-01-01 00:00Z');
  v_figures tocsin_internal.history_figures[];
begin
  if not exists (select from tocsin_data.history_state s where s.depth_due_at <= p_now) then return; end if;
  -- The row of no tenant tells that a sample was taken where nothing waits.
  select array_agg((v_minute_at, coalesce(l.tenant_id, 0), w.webhook_id, null, null, null, null, null, w.depth,
             case when l.is_open and coalesce(l.blocked_until <= p_now, true)
               then greatest(0, date_part('epoch', p_now - w.due_at)) else 0 end, null, null)::tocsin_internal.history_figures)
    into v_figures
    from (select q.webhook_id, count(*) as depth, min(q.due_at) filter (where q.is_queued) as due_at
            from (select u.webhook_id, u.due_at, u.is_queued from (
                    select o.webhook_id, o.due_at, true as is_queued from tocsin_data.alert_delivery_queue o
                    union all select o.webhook_id, o.due_at, false from tocsin_data.alert_delivery_parked o
                    union all select o.webhook_id, o.due_at, false from tocsin_data.alert_delivery_retries o) u
                  limit 5000000) q
           group by q.webhook_id
          union all select 0, 0, null) w
    left join tocsin_data.webhook_lanes l on l.bucket = (w.webhook_id & 63)::smallint and l.webhook_id = w.webhook_id;
  perform tocsin_internal.stage_history(v_figures);
  update tocsin_data.history_state s
     set depth_due_at = p_now + greatest(interval '20 seconds', (clock_timestamp() - p_now) * 200);
end
$$;
comment on function tocsin_internal.sample_queue(timestamptz) is
  'Every twenty seconds, or less often when much waits, notes how many deliveries of each webhook wait and how long the oldest that could be sent has been due. Writes history_deltas and history_state.';
