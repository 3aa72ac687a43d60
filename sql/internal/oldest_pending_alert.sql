-- The counts say in which hour it is, so that at most one hour of alerts is looked through.
create function tocsin_internal.oldest_pending_alert(p_tenant_id integer) returns bigint
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_hour timestamptz;
begin
  select c.starts_at into v_hour from tocsin_internal.count_alert_hours(p_tenant_id) c
   group by c.starts_at having sum(c.pending) > 0 order by c.starts_at limit 1;
  return (select a.alert_id from tocsin_data.alerts a
           where a.tenant_id = p_tenant_id and a.alert_id >= tocsin_internal.id_at(v_hour)
             and a.alert_id < tocsin_internal.id_at(v_hour + interval '1 hour') and a.status = 'pending'
           order by a.alert_id limit 1);
end
$$;
comment on function tocsin_internal.oldest_pending_alert(integer) is 'The id of the alert of a tenant that has been pending the longest; null if none is.';
