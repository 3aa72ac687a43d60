create function tocsin_internal.choose_step(p_since timestamptz, p_until timestamptz) returns integer
language sql stable as $$
  select coalesce(min(s.seconds), 86400)
    from unnest('{60,120,300,600,900,1800,3600,7200,14400,43200}'::integer[]) as s(seconds)
    join tocsin_internal.history_levels() l on l.step_seconds = tocsin_internal.history_level(s.seconds)
   where date_part('epoch', p_until - p_since) <= 720 * s.seconds
     and (p_since >= clock_timestamp() - l.days_kept * interval '1 day' or l.step_seconds = 3600)
$$;
comment on function tocsin_internal.choose_step(timestamptz, timestamptz) is
  'The shortest step, in seconds, that gives at most 720 points for a span of time and for which the history is kept that long.';
