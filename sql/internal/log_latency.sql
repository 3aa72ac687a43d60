create function tocsin_internal.log_latency(p_buckets smallint[], p_counts integer[]) returns double precision
language sql immutable parallel safe as $$
  select sum(b.n * ln(1 + (tocsin_internal.latency_bounds())[b.bucket])) from unnest(p_buckets, p_counts) as b(bucket, n)
$$;
comment on function tocsin_internal.log_latency(smallint[], integer[]) is
  'The sum of the logarithms of a histogram''s latencies, in 1 + ms; null for an empty one.';
