create function tocsin_internal.past_hours(p_since timestamptz, p_until timestamptz)
returns table (past text, starts_at timestamptz)
language sql immutable parallel safe as $$
  select 'recent', date_bin('1 hour', p_since, '2000-01-01 00:00Z') - h * interval '1 hour' from generate_series(1, 24) as h
  union all
  select 'same_hours', g.at
    from generate_series(1, 7) as d
   cross join lateral generate_series(date_bin('1 hour', p_since - d * interval '24 hours', '2000-01-01 00:00Z'),
           p_until - d * interval '24 hours' - interval '1 microsecond', '1 hour') as g(at)
   where g.at < date_bin('1 hour', p_since, '2000-01-01 00:00Z')
$$;
comment on function tocsin_internal.past_hours(timestamptz, timestamptz) is
  'The full hours that a span of time is compared with: the 24 before it, and those of the same time in each of the seven days before.';
