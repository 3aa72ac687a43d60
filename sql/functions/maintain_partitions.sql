create or replace function tocsin.maintain_partitions(
  p_retention_days integer default null, p_now timestamptz default clock_timestamp())
returns table (made integer, expired integer, dropped integer)
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_retention_days < 1 then
    raise exception using errcode = 'INVLD', column = '/retention_days', message = 'The retention time is at least one day.';
  elsif p_retention_days is not null then
    update tocsin_data.settings s set value = p_retention_days where s.name = 'retention_days' and s.value <> p_retention_days;
  end if;
  made := tocsin_internal.make_partitions(p_now);
  expired := tocsin_internal.expire_deliveries(p_now);
  perform tocsin_internal.purge_webhooks(p_now);
  perform tocsin_internal.purge_replays(p_now);
  perform tocsin_internal.purge_answer_headers(p_now);
  -- Last, for the drop keeps everybody off its table until this transaction ends.
  dropped := tocsin_internal.drop_partitions(p_now);
  return next;
end
$$;
comment on function tocsin.maintain_partitions(integer, timestamptz) is
  'Makes partitions a week ahead, ends deliveries that waited for nearly the retention time, drops partitions older than it and forgets webhooks that were deleted and replays that ended before; sets the retention when given. Writes settings, webhooks, webhook_replays, answer_headers, the queue tables and the partitioned ones; raises INVLD.';
