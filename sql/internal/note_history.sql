-- One row for the whole batch, so that a batch of many webhooks costs no more.
create function tocsin_internal.note_history(p_logged tocsin_data.alert_delivery_log[]) returns void
language sql volatile as $$
  insert into tocsin_data.history_results (minute_at, tenant_ids, webhook_ids, statuses, are_attempts, response_ms)
    select g.minute_at, array_agg(g.tenant_id), array_agg(g.webhook_id), array_agg(g.status),
           array_agg(coalesce(g.error not like 'expired%' and g.error <> 'webhook_deleted', true)), array_agg(g.response_ms)
      from (select date_bin('1 minute', l.attempted_at, '2000-01-01 00:00Z') as minute_at, l.* from unnest(p_logged) l) g
     group by g.minute_at
$$;
comment on function tocsin_internal.note_history(tocsin_data.alert_delivery_log[]) is
  'Hands new rows of alert_delivery_log to the history, unless webhook_health_deltas does. Writes history_results.';
