create function tocsin_internal.count_alert_hours(p_tenant_id integer) returns setof tocsin_data.alert_hours
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_counted_before bigint := (select s.counted_before_id from tocsin_data.history_state s);
begin
  return query
    select h.* from tocsin_data.alert_hours h where h.tenant_id = p_tenant_id
    union all
    select p_tenant_id, u.starts_at, coalesce(sum(u.n) filter (where u.severity = 'INFO'), 0)::integer,
           coalesce(sum(u.n) filter (where u.severity = 'WARNING'), 0)::integer,
           coalesce(sum(u.n) filter (where u.severity = 'CRITICAL'), 0)::integer,
           coalesce(sum(u.n) filter (where u.status = 'pending'), 0)::integer,
           coalesce(sum(u.n) filter (where u.status = 'acknowledged'), 0)::integer,
           coalesce(sum(u.n) filter (where u.status = 'resolved'), 0)::integer,
           coalesce(sum(u.n * ((u.alert_id - tocsin_internal.id_at(u.starts_at)) >> 13)) filter (where u.status = 'pending'), 0)::bigint
      from (select m.*, date_bin('1 hour', tocsin_internal.id_time(m.alert_id), '2000-01-01 00:00Z') as starts_at
              from (select a.alert_id, a.severity, a.status, 1 as n from tocsin_data.alerts a
                     where a.tenant_id = p_tenant_id and a.alert_id >= v_counted_before
                    union all
                    select c.alert_id, null, s.status, s.n
                      from tocsin_data.alert_changes c
                     cross join lateral (values (c.was, -1), (c.becomes, 1)) as s(status, n)
                     where c.tenant_id = p_tenant_id and c.alert_id < v_counted_before) m) u
     group by u.starts_at;
end
$$;
comment on function tocsin_internal.count_alert_hours(integer) is
  'The alerts of a tenant by hour, exact: alert_hours, and in further rows what it does not have yet.';
