-- The first query keeps its plan; with filters the plan depends on their values (partial indexes, partitions left out),
-- which costs a millisecond. Text is looked for in a bounded number of alerts, because no index helps there.
create function tocsin_internal.find_alerts(
  p_tenant_id integer, p_status text, p_severity text, p_alert_type text, p_from_id bigint, p_before_id bigint, p_q text,
  p_limit integer, p_offset integer) returns setof bigint
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if coalesce(p_status, p_severity, p_alert_type, p_q) is null then
    return query
      select a.alert_id from tocsin_data.alerts a
       where a.tenant_id = p_tenant_id and a.alert_id >= p_from_id and a.alert_id < p_before_id
       order by a.alert_id desc limit p_limit offset p_offset;
    return;
  end if;
  return query execute format($q$
      select f.alert_id
        from (select a.alert_id, a.alert_type, a.message from tocsin_data.alerts a
               where a.tenant_id = %s and a.alert_id >= %s and a.alert_id < %s %s %s %s
               order by a.alert_id desc %s) f
       %s order by f.alert_id desc limit $5 offset $6$q$, p_tenant_id, p_from_id, p_before_id,
      case when p_status is not null then 'and a.status = $1' end,
      case when p_severity is not null then 'and a.severity = $2' end,
      case when p_alert_type is not null then 'and a.alert_type = $3' end,
      case when p_q is not null then 'limit 100000' end,
      case when p_q is not null then 'where strpos(lower(f.message), lower($4)) > 0 or strpos(lower(f.alert_type), lower($4)) > 0' end)
    using p_status, p_severity, p_alert_type, p_q, p_limit, p_offset;
end
$$;
comment on function tocsin_internal.find_alerts(integer, text, text, text, bigint, bigint, text, integer, integer) is
  'Ids of alerts, newest first; a null filter is none; p_q, a part of message or alert_type, is looked for in the newest 100,000.';
