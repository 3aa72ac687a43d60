-- Partitions are made a week ahead by maintenance. Should nobody have run it for so long, the raising transaction makes
-- them: the caller's business must not fail because Tocsin slept.
create function tocsin_internal.check_tenant(p_tenant_id integer) returns void
language plpgsql volatile as $$
declare
  v_horizon bigint;
begin
  select s.value into v_horizon from tocsin_data.settings s
   where s.name = 'partition_horizon'
     and exists (select from tocsin_data.tenants t where t.tenant_id = p_tenant_id and t.deleted_at is null);
  if v_horizon is null then
    raise exception using errcode = 'NTFND', message = 'There is no such tenant.', hint = 'The first tenant has the id 1.';
  elsif v_horizon < tocsin_internal.id_at(clock_timestamp() + interval '1 hour') then
    perform tocsin_internal.make_partitions(clock_timestamp());
  end if;
end
$$;
comment on function tocsin_internal.check_tenant(integer) is
  'Raises NTFND for an unknown tenant; makes partitions when the runway is nearly used up.';
