-- One statement, so one snapshot: an alert of the chunk is counted with the status that it has in it, so of its changes those
-- that are visible go, and those that are not yet will be applied another time. Types beyond the 200 most frequent of a
-- chunk are left out: who makes up a type for every alert has none whose number means something.
create function tocsin_internal.tally_chunk(p_from_id bigint, p_before_id bigint) returns integer
language plpgsql volatile set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_counted integer;
begin
  with changed as (
    delete from tocsin_data.alert_changes c returning c.tenant_id, c.alert_id, c.was, c.becomes),
  fresh as materialized (
    select a.tenant_id, a.alert_id, a.alert_type, a.severity, a.status
      from tocsin_data.tenants t
     cross join lateral (
       select * from tocsin_data.alerts o
        where o.tenant_id = t.tenant_id and o.alert_id >= p_from_id and o.alert_id < p_before_id offset 0) a),
  typed as (
    insert into tocsin_data.alert_type_counts as c (tenant_id, alert_type, starts_at, alerts)
      select r.tenant_id, r.alert_type, r.starts_at, r.n
        from (select g.*, row_number() over (partition by g.tenant_id order by g.n desc) as place
                from (select f.tenant_id, f.alert_type, count(*)::integer as n, date_bin('5 minutes',
                             tocsin_internal.id_time(f.alert_id), '2000-01-01 00:00Z') as starts_at
                        from fresh f group by 1, 2, 4) g) r
       where r.place <= 200 and r.starts_at >= now() - interval '30 days'
    on conflict (tenant_id, starts_at, alert_type) do update set alerts = c.alerts + excluded.alerts),
  moves as (
    select f.tenant_id, f.alert_id, f.severity, f.status, 1 as n from fresh f
    union all select c.tenant_id, c.alert_id, null, c.was, -1 from changed c where c.alert_id < p_from_id
    union all select c.tenant_id, c.alert_id, null, c.becomes, 1 from changed c where c.alert_id < p_from_id),
  added as (
    insert into tocsin_data.alert_hours as h
        (tenant_id, starts_at, info, warning, critical, pending, acknowledged, resolved, pending_offset)
      select s.tenant_id, s.starts_at, coalesce(sum(s.n) filter (where s.severity = 'INFO'), 0),
             coalesce(sum(s.n) filter (where s.severity = 'WARNING'), 0),
             coalesce(sum(s.n) filter (where s.severity = 'CRITICAL'), 0),
             coalesce(sum(s.n) filter (where s.status = 'pending'), 0),
             coalesce(sum(s.n) filter (where s.status = 'acknowledged'), 0),
             coalesce(sum(s.n) filter (where s.status = 'resolved'), 0),
             coalesce(sum(s.n * ((s.alert_id - tocsin_internal.id_at(s.starts_at)) >> 13)) filter (where s.status = 'pending'), 0)
        from (select m.*, date_bin('1 hour', tocsin_internal.id_time(m.alert_id), '2000-01-01 00:00Z') as starts_at from moves m) s
       group by s.tenant_id, s.starts_at
    on conflict (tenant_id, starts_at) do update
      set info = h.info + excluded.info, warning = h.warning + excluded.warning, critical = h.critical + excluded.critical,
          pending = h.pending + excluded.pending, acknowledged = h.acknowledged + excluded.acknowledged,
          resolved = h.resolved + excluded.resolved, pending_offset = h.pending_offset + excluded.pending_offset)
  select count(*) into v_counted from fresh;
  return v_counted;
end
$$;
comment on function tocsin_internal.tally_chunk(bigint, bigint) is
  'Counts the alerts of a range of ids, all of them settled, and applies the changes of those before it. Writes alert_hours, alert_type_counts and alert_changes.';
