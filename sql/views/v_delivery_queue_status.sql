create or replace view tocsin.v_delivery_queue_status as
select w.webhook_id, w.tenant_id, w.name, q.due + q.scheduled + coalesce(r.waiting, 0) + p.waiting as waiting, q.due,
       q.scheduled + coalesce(r.waiting, 0) as scheduled, p.waiting as parked, coalesce(s.sending, 0) as sending, q.oldest_due_at,
       greatest(0, date_part('epoch', now() - q.oldest_due_at)) as lag_seconds,
       t.queue_limit as tenant_queue_limit, t.used_percent as tenant_queue_used_percent, t.state as tenant_queue_state
  from tocsin_data.webhooks w
  left join tocsin.v_queue_limits t on t.tenant_id = w.tenant_id
 cross join lateral (
   select count(*) filter (where o.due_at <= now()) as due, count(*) filter (where o.due_at > now()) as scheduled,
          min(o.due_at) filter (where o.due_at <= now()) as oldest_due_at
     from (select n.due_at from tocsin_data.alert_delivery_queue n
            where n.bucket = w.bucket and n.webhook_id = w.webhook_id order by n.due_at, n.delivery_id limit 10000) o) q
 cross join lateral (
   select count(*) as waiting
     from (select from tocsin_data.alert_delivery_parked n where n.bucket = w.bucket and n.webhook_id = w.webhook_id limit 10000) o) p
  left join (select t.webhook_id, count(*) as waiting from tocsin_data.alert_delivery_retries t group by t.webhook_id) r
    on r.webhook_id = w.webhook_id
  left join (
    select m.webhook_id, count(*) as sending
      from tocsin_data.alert_delivery_leases l
     cross join lateral unnest(l.delivery_ids, l.webhook_ids, l.attempts) as m(delivery_id, webhook_id, attempt)
     cross join lateral (
       select count(*) as logged from tocsin_data.alert_delivery_log g
        where g.delivery_id = m.delivery_id and g.bucket = (m.webhook_id & 63)::smallint and g.attempt = m.attempt) g
     where g.logged = 0 group by m.webhook_id) s on s.webhook_id = w.webhook_id
 where w.deleted_at is null or q.due + q.scheduled + p.waiting > 0 or s.sending > 0
 order by q.oldest_due_at nulls last, w.webhook_id;
comment on view tocsin.v_delivery_queue_status is
  'Per webhook, the furthest behind first: how many deliveries are due, scheduled for later, parked and being sent (due and parked counted up to 10,000 each), by how much the oldest due one is late, and how full its tenant''s queue is where that has a limit (v_queue_limits).';
