create function tocsin_internal.next_alert_id(p_from_id bigint, p_before_id bigint) returns bigint
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return (select min(n.alert_id) from tocsin_data.tenants t
           cross join lateral (
             select a.alert_id from tocsin_data.alerts a
              where a.tenant_id = t.tenant_id and a.alert_id >= p_from_id and a.alert_id < p_before_id
              order by a.alert_id limit 1) n);
end
$$;
comment on function tocsin_internal.next_alert_id(bigint, bigint) is 'The first alert of any tenant in a range of ids; null if none.';
