create or replace function tocsin.acknowledge_alerts(p_tenant_id integer, p_alert_ids bigint[], p_by text, p_notes text default null)
returns table (acknowledged integer, failed integer)
language plpgsql volatile security definer set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off as $$
declare
  v_pending bigint[];
  v_seen integer;
begin
  if p_alert_ids is null or cardinality(p_alert_ids) not between 1 and 1000 then
    raise exception using errcode = 'INVLD', column = '/alert_ids', message = 'alert_ids must be a list of 1 to 1,000 ids.';
  end if;
  -- Locked in the order of the ids: of two callers with the same alerts one waits, and neither deadlocks.
  select array_agg(l.alert_id) filter (where l.status = 'pending'), count(*) filter (where l.status <> 'resolved')
    into v_pending, v_seen
    from (select a.alert_id, a.status from unnest(array(select distinct i from unnest(p_alert_ids) i)) as w(alert_id)
            join tocsin_data.alerts a on a.tenant_id = p_tenant_id and a.alert_id = w.alert_id
           order by a.alert_id for no key update of a) l;
  update tocsin_data.alerts a set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = p_by,
         notes = coalesce(p_notes, a.notes)
    from unnest(v_pending) as p(alert_id)
   where a.tenant_id = p_tenant_id and a.alert_id = p.alert_id;
  acknowledged := v_seen;
  failed := (select count(distinct i) from unnest(p_alert_ids) i) - v_seen;
  return next;
end
$$;
comment on function tocsin.acknowledge_alerts(integer, bigint[], text, text) is
  'Marks up to 1,000 alerts as seen, those that are already included; failed counts the ids that do not exist or are resolved. Writes alerts; raises INVLD.';
