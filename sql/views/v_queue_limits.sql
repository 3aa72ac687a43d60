create or replace view tocsin.v_queue_limits as
select t.tenant_id, t.name, t.queue_limit, q.waiting, round(100.0 * q.waiting / t.queue_limit, 1)::double precision as used_percent,
       case when q.waiting > t.queue_limit then 'reached' when q.waiting >= 0.8 * t.queue_limit then 'near' else 'free' end as state,
       q.counted_at
  from tocsin_data.tenants t
  left join tocsin_data.tenant_queues q on q.tenant_id = t.tenant_id
 where t.queue_limit is not null and t.deleted_at is null
 order by 100.0 * q.waiting / t.queue_limit desc nulls last, t.tenant_id;
comment on view tocsin.v_queue_limits is
  'Tenants with a queue_limit, the fullest first: how many of their deliveries waited at the last count, and whether that is free, near (80 % or more) or reached, when raising is refused with LIMIT.';
