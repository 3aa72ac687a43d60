create function tocsin_internal.charge_special_lanes(p_webhook_ids integer[], p_lease tocsin_data.alert_delivery_leases)
returns void
language sql volatile as $$
  update tocsin_data.webhook_lanes l
     set rate_next_at = case when l.rate_limit_per_second is not null
           then greatest(l.rate_next_at, p_lease.claimed_at)
             + c.claimed * tocsin_internal.rate_interval(l.rate_limit_per_second) * interval '1 second' end,
         busy_delivery_id = case when l.ordered then c.delivery_id end,
         busy_until = case when l.ordered then p_lease.expires_at end
    from (select m.webhook_id, count(*) as claimed, min(m.delivery_id) as delivery_id
            from unnest(p_lease.webhook_ids, p_lease.delivery_ids) as m(webhook_id, delivery_id)
           where m.webhook_id = any (p_webhook_ids) group by m.webhook_id) c
   where l.bucket = (c.webhook_id & 63)::smallint and l.webhook_id = c.webhook_id
$$;
comment on function tocsin_internal.charge_special_lanes(integer[], tocsin_data.alert_delivery_leases) is
  'Notes in webhook_lanes what a lease took from rate-limited and ordered webhooks, whose rows the claim has locked.';
