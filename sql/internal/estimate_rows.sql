create function tocsin_internal.estimate_rows(p_table regclass, p_counted bigint) returns bigint
language sql stable as $$
  select case when p_counted < 10000 then p_counted
              else greatest(p_counted, pg_catalog.pg_stat_get_live_tuples(p_table)) end
$$;
comment on function tocsin_internal.estimate_rows(regclass, bigint) is
  'How many rows a table has, where p_counted is their number counted up to 10,000: above that what the statistics know.';
