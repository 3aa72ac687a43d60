-- The value of rank ceil(fraction × n), as percentile_disc takes it, lies in the bucket that is found here; within a bucket the
-- values count as evenly spread. So the answer is off by less than the bucket spans: 9.1 %, and nothing below 13 ms.
create function tocsin_internal.latency_percentiles(p_buckets smallint[], p_counts bigint[], p_fractions double precision[])
returns double precision[]
language plpgsql immutable parallel safe as $$
declare
  v_bounds integer[] := tocsin_internal.latency_bounds();
  v_total bigint := 0; v_before bigint; v_rank bigint; v_low integer; v_fraction double precision; v_found double precision[];
begin
  for i in 1..coalesce(cardinality(p_buckets), 0) loop
    v_total := v_total + p_counts[i];
  end loop;
  foreach v_fraction in array p_fractions loop
    v_rank := greatest(1, ceil(v_fraction * v_total));
    v_before := 0;
    v_low := null;
    for i in 1..coalesce(cardinality(p_buckets), 0) loop
      if v_before + p_counts[i] >= v_rank then
        v_low := v_bounds[p_buckets[i]];
        v_found := v_found || (v_low + (coalesce(v_bounds[p_buckets[i] + 1] - 1, v_low) - v_low)
          * (v_rank - v_before - 0.5) / p_counts[i])::double precision;
        exit;
      end if;
      v_before := v_before + p_counts[i];
    end loop;
    if v_low is null then v_found := v_found || null::double precision; end if;
  end loop;
  return v_found;
end
$$;
comment on function tocsin_internal.latency_percentiles(smallint[], bigint[], double precision[]) is
  'The latencies in milliseconds below which the given fractions of a histogram lie; its buckets ascend. Nulls for an empty one.';
