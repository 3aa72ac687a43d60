create function tocsin_internal.stage_deliveries(
  p_minute_at timestamptz, p_tenant_ids integer[], p_webhook_ids integer[], p_latency_buckets smallint[], p_counts integer[])
returns boolean
language sql volatile as $$
  insert into tocsin_data.history_deltas (minute_at, is_total, tenant_ids, webhook_ids, latency_buckets, delivered)
    select p_minute_at, false, null, p_webhook_ids, p_latency_buckets, p_counts where p_counts is not null
    union all
    select p_minute_at, true, array_agg(coalesce(t.tenant_id, 0)), null, array_agg(t.latency_bucket), array_agg(t.n)
      from (select f.tenant_id, f.latency_bucket, sum(f.n)::integer as n
              from unnest(p_tenant_ids, p_latency_buckets, p_counts) as f(tenant_id, latency_bucket, n)
             group by grouping sets ((f.tenant_id, f.latency_bucket), (f.latency_bucket))) t having count(*) > 0
  returning true
$$;
comment on function tocsin_internal.stage_deliveries(timestamptz, integer[], integer[], smallint[], integer[]) is
  'Puts delivered attempts of a minute, by webhook and latency bucket, and their sums on their way to history; true if there were any. Writes history_deltas.';
