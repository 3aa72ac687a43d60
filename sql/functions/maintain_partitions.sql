create or replace function tocsin.maintain_partitions(
  p_retention_days integer default null, p_now timestamptz default clock_timestamp())
returns table (made integer, expired integer, dropped integer)
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_retention_days is not null then
    update tocsin_data.settings s set value = p_retention_days where s.name = 'retention_days' and s.value <> p_retention_days;
  end if;
  made := tocsin_internal.make_partitions(p_now);
  expired := tocsin_internal.expire_deliveries(p_now);
  -- What waits must end visibly before the partition that would show it is dropped; a full chunk means there is more.
  dropped := case when expired < 2500 then tocsin_internal.drop_partitions(p_now) else 0 end;
  return next;
end
$$;
comment on function tocsin.maintain_partitions(integer, timestamptz) is
  'Makes partitions a week ahead, ends deliveries that waited longer than the retention time, and drops partitions older than it; sets the retention when given. Writes settings and the partitioned tables.';
