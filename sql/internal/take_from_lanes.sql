-- A worker that holds the locks of all these buckets alone takes the rows without locking them first: that spares a record
-- of the write-ahead log for each, a quarter of what a claim writes. Whoever else takes rows away holds the lock shared,
-- so no delete ever waits for another's. A lane is read from its head on: before it there is only what was claimed.
create function tocsin_internal.take_from_lanes(
  p_webhook_ids integer[], p_heads timestamptz[], p_slots integer[], p_limit integer, p_due_at timestamptz, p_is_alone boolean,
  inout taken tocsin_data.alert_delivery_leases)
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_share integer := p_limit / cardinality(p_webhook_ids);
  v_extra integer := p_limit % cardinality(p_webhook_ids);
  v_ctids tid[];
begin
  if p_is_alone then
    v_ctids := array(
      select c.ctid from unnest(p_webhook_ids, p_heads, p_slots) with ordinality as v(webhook_id, head_at, slots, n)
       cross join lateral (
         select w.ctid from tocsin_data.alert_delivery_queue w
          where w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id
            and w.due_at >= v.head_at and w.due_at <= p_due_at
          order by w.due_at, w.delivery_id limit least(v.slots, v_share + (v.n <= v_extra)::integer)) c);
  else
    v_ctids := array(
      select c.ctid from unnest(p_webhook_ids, p_heads, p_slots) with ordinality as v(webhook_id, head_at, slots, n)
       cross join lateral (
         select w.ctid from tocsin_data.alert_delivery_queue w
          where w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id
            and w.due_at >= v.head_at and w.due_at <= p_due_at
          order by w.due_at, w.delivery_id limit least(v.slots, v_share + (v.n <= v_extra)::integer)
            for update skip locked) c);
  end if;
  with claimed as (
    delete from tocsin_data.alert_delivery_queue q where q.ctid = any (v_ctids)
    returning q.delivery_id, q.alert_id, q.webhook_id, q.attempt)
  select taken.delivery_ids || array_agg(c.delivery_id), taken.alert_ids || array_agg(c.alert_id),
         taken.webhook_ids || array_agg(c.webhook_id), taken.attempts || array_agg(c.attempt)
    into taken.delivery_ids, taken.alert_ids, taken.webhook_ids, taken.attempts
    from claimed c;
end
$$;
comment on function tocsin_internal.take_from_lanes(integer[], timestamptz[], integer[], integer, timestamptz, boolean, tocsin_data.alert_delivery_leases) is
  'Deletes due rows of these lanes from alert_delivery_queue, an even share of each within its slots, and adds them to the arrays.';
