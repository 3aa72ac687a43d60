-- Three quarters of each webhook's slots at most, rounded at random, because often there is one. Of ordered webhooks, whose
-- head is -infinity, nothing: they keep their order, however urgent. For the settings see walk_urgent.
create function tocsin_internal.pick_urgent(
  p_webhook_ids integer[], p_heads timestamptz[], p_slots integer[], p_limit integer, p_now timestamptz,
  out webhook_ids integer[], out due_ats timestamptz[], out delivery_ids bigint[])
language plpgsql volatile set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_custom_plan as $$
begin
  select array_agg(c.webhook_id), array_agg(c.due_at), array_agg(c.delivery_id) into webhook_ids, due_ats, delivery_ids
    from (select v.webhook_id, v.head_at, v.slots, greatest(1, p_limit / count(*) over ()) as share
            from unnest(p_webhook_ids, p_heads, p_slots) with ordinality as v(webhook_id, head_at, slots, n)
           where v.head_at > '-infinity' and v.slots > 0 order by v.n limit p_limit) v
   cross join lateral (
     select w.webhook_id, w.due_at, w.delivery_id from tocsin_data.alert_delivery_queue w
      where w.is_urgent and w.bucket = (v.webhook_id & 63)::smallint and w.webhook_id = v.webhook_id
        and w.due_at >= v.head_at and w.due_at <= p_now
      order by w.due_at, w.delivery_id limit least(floor(0.75 * v.slots + random()), v.share)) c;
end
$$;
comment on function tocsin_internal.pick_urgent(integer[], timestamptz[], integer[], integer, timestamptz) is
  'Names up to p_limit due urgent deliveries of these webhooks, an even share of each.';
