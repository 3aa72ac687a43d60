-- Hash and merge joins are off because a plan made while the log was small would read all of it later.
create function tocsin_internal.close_leases(p_held bigint[], p_delivery_ids bigint[], p_closed bigint[]) returns void
language plpgsql volatile set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  update tocsin_data.webhook_lanes l set busy_delivery_id = null, busy_until = null
   where l.busy_delivery_id is not null and l.busy_delivery_id = any (p_delivery_ids);
  if p_closed is null then
    p_closed := array(
      select l.lease_id from tocsin_data.alert_delivery_leases l
       where l.lease_id = any (p_held)
         and not exists (
           select from unnest(l.delivery_ids, l.webhook_ids, l.attempts) as m(delivery_id, webhook_id, attempt)
            where not exists (select from tocsin_data.alert_delivery_log g
                               where g.bucket = (m.webhook_id & 63)::smallint and g.delivery_id = m.delivery_id
                                 and g.attempt = m.attempt)));
  end if;
  delete from tocsin_data.alert_delivery_leases l where l.lease_id = any (p_closed) and l.lease_id = any (p_held);
end
$$;
comment on function tocsin_internal.close_leases(bigint[], bigint[], bigint[]) is
  'Frees ordered webhooks whose delivery has a result, and deletes closed rows of alert_delivery_leases.';
