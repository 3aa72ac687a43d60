-- A deleted webhook was kept for the sake of its log; once that has been dropped by age, nothing knows it any more.
create function tocsin_internal.purge_webhooks(p_now timestamptz) returns void
language sql volatile as $$
  delete from tocsin_data.webhooks w where w.webhook_id = any (array(
    select d.webhook_id from tocsin_data.webhooks d, tocsin_data.settings s
     where s.name = 'retention_days' and d.deleted_at < p_now - (s.value + 1) * interval '1 day'
       and tocsin_internal.count_pending(d.webhook_id, 1) = 0
     limit 1000 for update of d skip locked))
$$;
comment on function tocsin_internal.purge_webhooks(timestamptz) is
  'Removes webhooks that were deleted longer ago than the retention time, with all that hangs on them, 1,000 at most.';
