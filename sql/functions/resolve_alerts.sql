create or replace function tocsin.resolve_alerts(p_tenant_id integer, p_alert_ids bigint[], p_by text, p_notes text default null)
returns table (resolved integer, failed integer)
language plpgsql volatile security definer set search_path = '' set jit = off set enable_seqscan = off set enable_hashjoin = off as $$
declare
  v_ids bigint[] := array(select distinct i from unnest(p_alert_ids) i);
  v_open bigint[];
begin
  if p_alert_ids is null or cardinality(p_alert_ids) not between 1 and 1000 then
    raise exception using errcode = 'INVLD', column = '/alert_ids', message = 'alert_ids must be a list of 1 to 1,000 ids.';
  end if;
  -- The keys before the alerts, as in raising, and each in one order: of two callers one waits, and neither deadlocks.
  delete from tocsin_data.alert_dedupe_keys k using (
    select o.dedupe_key from unnest(v_ids) as w(alert_id)
      join tocsin_data.alert_dedupe_keys o on o.tenant_id = p_tenant_id and o.alert_id = w.alert_id
     order by o.dedupe_key for update of o) l
   where k.tenant_id = p_tenant_id and k.dedupe_key = l.dedupe_key;
  select array_agg(l.alert_id) filter (where l.status <> 'resolved'), count(*) into v_open, resolved
    from (select a.alert_id, a.status from unnest(v_ids) as w(alert_id)
            join tocsin_data.alerts a on a.tenant_id = p_tenant_id and a.alert_id = w.alert_id
           order by a.alert_id for no key update of a) l;
  update tocsin_data.alerts a set status = 'resolved', resolved_at = now(), resolved_by = p_by, notes = coalesce(p_notes, a.notes)
    from unnest(v_open) as o(alert_id)
   where a.tenant_id = p_tenant_id and a.alert_id = o.alert_id;
  failed := cardinality(v_ids) - resolved;
  return next;
end
$$;
comment on function tocsin.resolve_alerts(integer, bigint[], text, text) is
  'Marks up to 1,000 alerts as over, those that are already included, so that their dedupe keys open new ones; failed counts the ids that do not exist. Writes alerts and alert_dedupe_keys; raises INVLD.';
