-- Counting takes about half a microsecond a row, so a tenant is counted again after a second or fifty times as long as
-- its count took, whichever is later: two per cent of a core each at most.
create function tocsin_internal.count_queues(p_now timestamptz default clock_timestamp()) returns integer
language plpgsql volatile as $$
declare
  v_tenant record; v_started timestamptz; v_waiting bigint; v_counted integer := 0;
begin
  for v_tenant in
    select t.tenant_id, t.queue_limit from tocsin_data.tenants t
      left join tocsin_data.tenant_queues q on q.tenant_id = t.tenant_id
     where t.queue_limit is not null and t.deleted_at is null and coalesce(q.count_due_at <= p_now, true)
     order by q.count_due_at nulls first limit 200
  loop
    exit when clock_timestamp() > p_now + interval '1 second' and v_counted > 0;
    v_started := clock_timestamp();
    v_waiting := tocsin_internal.count_waiting(v_tenant.tenant_id, null, 0, 9007199254740991, true,
      least(v_tenant.queue_limit, 2147483646) + 1);
    insert into tocsin_data.tenant_queues as q (tenant_id, waiting, counted_at, count_due_at)
      values (v_tenant.tenant_id, v_waiting, v_started,
        p_now + greatest(interval '900 milliseconds', 50 * (clock_timestamp() - v_started)))
    on conflict (tenant_id) do update
      set waiting = excluded.waiting, counted_at = excluded.counted_at, count_due_at = excluded.count_due_at;
    v_counted := v_counted + 1;
  end loop;
  return v_counted;
end
$$;
comment on function tocsin_internal.count_queues(timestamptz) is
  'Counts what waits of the tenants that have a queue_limit, no further than one over it, about once a second. Writes tenant_queues; returns how many it counted.';
