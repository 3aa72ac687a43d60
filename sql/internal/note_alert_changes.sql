create function tocsin_internal.note_alert_changes() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into tocsin_data.alert_changes (tenant_id, alert_id, was, becomes)
    select c.tenant_id, c.alert_id, w.status, c.status
      from changed c join was w on w.tenant_id = c.tenant_id and w.alert_id = c.alert_id
     where w.status <> c.status;
  return null;
end
$$;
comment on function tocsin_internal.note_alert_changes() is
  'Trigger: keeps each change of an alert''s status in alert_changes until the counts of alert_hours have it.';
