-- Stable, so that all its statements see the same moment: a delivery that is on its way from one place to another is
-- seen in one of them. What was tried before is in the log, which tells its webhook and so its place in the queue.
create function tocsin_internal.find_delivery(
  p_delivery_id bigint, p_tenant_id integer,
  out tenant_id integer, out webhook_id integer, out alert_id bigint, out attempt smallint, out place text, out due_at timestamptz)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  g record; v_lanes integer[];
begin
  select l.tenant_id, l.webhook_id, l.alert_id, l.attempt, l.next_attempt_at into g
    from tocsin_data.alert_delivery_log l where l.delivery_id = p_delivery_id order by l.attempt desc limit 1;
  v_lanes := case when g.webhook_id is not null then array[g.webhook_id] else tocsin_internal.tenant_lanes(p_tenant_id, null) end;
  select f.* into tenant_id, webhook_id, alert_id, attempt, place, due_at
    from (select n.tenant_id, m.webhook_id, m.alert_id, m.attempt, 'lease', null::timestamptz
            from tocsin_data.alert_delivery_leases l
           cross join lateral unnest(l.delivery_ids, l.webhook_ids, l.alert_ids, l.attempts)
                   as m(delivery_id, webhook_id, alert_id, attempt)
            join tocsin_data.webhook_lanes n on n.bucket = (m.webhook_id & 63)::smallint and n.webhook_id = m.webhook_id
           where m.delivery_id = p_delivery_id and m.attempt > coalesce(g.attempt, 0)
          union all
          select r.tenant_id, r.webhook_id, r.alert_id, r.attempt, 'retries', r.due_at
            from tocsin_data.alert_delivery_retries r where r.delivery_id = p_delivery_id
          union all
          select k.tenant_id, k.webhook_id, k.alert_id, k.attempt, 'parked', k.due_at
            from tocsin_data.alert_delivery_parked k where k.delivery_id = p_delivery_id
          union all
          select q.tenant_id, q.webhook_id, q.alert_id, q.attempt, 'queue', q.due_at
            from unnest(v_lanes) as w(webhook_id)
            join tocsin_data.alert_delivery_queue q on q.bucket = (w.webhook_id & 63)::smallint and q.webhook_id = w.webhook_id
              and q.due_at = any (array[tocsin_internal.id_time(p_delivery_id), g.next_attempt_at]) and q.delivery_id = p_delivery_id
          union all
          select s.tenant_id, s.webhook_id, s.alert_id, s.attempt, 'queue', s.due_at
            from tocsin_internal.scan_delivery(p_delivery_id) s where v_lanes is null
          union all
          select g.tenant_id, g.webhook_id, g.alert_id, g.attempt, 'log', g.next_attempt_at where g.webhook_id is not null
         ) f
   limit 1;
  if tenant_id <> p_tenant_id then
    tenant_id := null; webhook_id := null; alert_id := null; attempt := null; place := null; due_at := null;
  end if;
end
$$;
comment on function tocsin_internal.find_delivery(bigint, integer) is
  'Where a delivery is now: lease, retries, parked, queue, or only in the log; all null when there is none, or it is another tenant''s.';
