-- Partitions are made a week ahead by maintenance. Should nobody have run it for so long, the raising transaction makes
-- them: the caller's business must not fail because Tocsin slept.
create function tocsin_internal.check_tenant(p_tenant_id integer) returns void
language plpgsql volatile as $$
declare
  v_horizon bigint; v_limit integer; v_waiting integer;
begin
  -- A limit of 0 is none; no row, no tenant.
  select s.value, (
           select coalesce(t.queue_limit, 0) from tocsin_data.tenants t where t.tenant_id = p_tenant_id and t.deleted_at is null)
    into v_horizon, v_limit from tocsin_data.settings s where s.name = 'partition_horizon';
  if v_limit is null then
    raise exception using errcode = 'NTFND', message = 'There is no such tenant.', hint = 'The first tenant has the id 1.';
  elsif v_horizon < tocsin_internal.id_at(clock_timestamp() + interval '1 hour') then
    perform tocsin_internal.make_partitions(clock_timestamp());
  end if;
  -- A condition without a query costs nothing.
  if v_limit = 0 then return; end if;
  select q.waiting into v_waiting from tocsin_data.tenant_queues q where q.tenant_id = p_tenant_id;
  if v_waiting > v_limit then
    raise exception using errcode = 'LIMIT',
      message = format('More than %s deliveries of this tenant wait, and no more may: try again when some are delivered.', v_limit),
      hint = 'tocsin.v_queue_limits shows who is near; tocsin.set_queue_limit changes how many may wait.';
  end if;
end
$$;
comment on function tocsin_internal.check_tenant(integer) is
  'Whether a tenant may raise: NTFND when it is unknown, LIMIT when more of its deliveries wait than its queue_limit allows. Makes partitions when the runway is nearly used up.';
