-- Only what is counted, in full five minutes. Windows of the same length, so that numbers compare; those from before the
-- tenant's first alert say nothing and are left out, others without an alert of a type are a zero.
create function tocsin_internal.volume_observations(p_tenant_id integer, p_window_seconds integer, p_now timestamptz)
returns setof tocsin_internal.anomaly_observation
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_bins integer := p_window_seconds / 300;
  v_window interval := v_bins * interval '5 minutes';
  v_until timestamptz := date_bin('5 minutes', least(p_now, tocsin_internal.id_time(s.counted_before_id)), '2000-01-01 00:00Z')
    from tocsin_data.history_state s;
  v_since timestamptz := v_until - v_window;
  v_first timestamptz := (select min(h.starts_at) from tocsin_data.alert_hours h where h.tenant_id = p_tenant_id);
begin
  return query
    with spans as (
      select null as past, g.at as starts_at, g.at + interval '5 minutes' as ends_at, 1.0 / v_bins as part
        from generate_series(v_since, v_until - interval '5 minutes', '5 minutes') as g(at)
      union all
      select 'recent', v_since - i * v_window, v_since - (i - 1) * v_window, 1
        from generate_series(1, 288 / v_bins) as i where v_since - i * v_window >= v_first
      union all
      select 'same_hours', v_since - d * interval '24 hours', v_until - d * interval '24 hours', 1
        from generate_series(1, 7) as d where v_since - d * interval '24 hours' >= v_first),
    windows as materialized (select row_number() over () as place, s.* from spans s),
    counts as materialized (
      select w.place, c.alert_type, c.alerts
        from windows w
       cross join lateral (
         select o.alert_type, sum(o.alerts) as alerts from tocsin_data.alert_type_counts o
          where o.tenant_id = p_tenant_id and o.starts_at >= w.starts_at and o.starts_at < w.ends_at group by o.alert_type limit 100000) c)
    select 'volume', t.alert_type, w.past, w.starts_at, coalesce(c.alerts, 0)::double precision, w.part::double precision, null::integer
      from (select distinct n.alert_type from counts n) t
     cross join windows w
      left join counts c on c.alert_type = t.alert_type and c.place = w.place;
end
$$;
comment on function tocsin_internal.volume_observations(integer, integer, timestamptz) is
  'For each type of alerts of a tenant: how many there were in the five minutes of a window, in the windows of the 24 hours before, and in those of the same time in each of the seven days before.';
