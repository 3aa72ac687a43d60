create function tocsin_internal.failure_words(f tocsin_internal.failure_figures) returns text[]
language sql immutable parallel safe as $$
  select array[
    format('%s of %s attempts failed in the last quarter of an hour', f.quarter_failed, f.quarter_attempts),
    format('%s of %s attempts failed in the last hour', f.hour_failed, f.hour_attempts),
    format('the breaker was open for %s s of the last quarter of an hour', round(f.quarter_open_seconds)),
    format('the breaker was open for %s s of the three quarters before', round(f.hour_open_seconds - f.quarter_open_seconds)),
    format('it failed in %s of the 24 hours before', f.failed_hours),
    format('answers took %s ms in the last quarter of an hour and %s ms the day before', l.quarter, l.day),
    format('answers took %s ms in the last quarter of an hour and %s ms in the three before', l.quarter, l.before),
    format('%s attempts an hour over the day', round((f.hour_attempts + f.day_attempts) / 25.0, 1))]
    from (select coalesce(round(exp(f.quarter_log_ms / nullif(f.quarter_delivered, 0)) - 1)::text, 'no') as quarter,
                 coalesce(round(exp(f.before_log_ms / nullif(f.before_delivered, 0)) - 1)::text, 'no') as before,
                 coalesce(round(exp(f.day_log_ms / nullif(f.day_delivered, 0)) - 1)::text, 'no') as day) l
$$;
comment on function tocsin_internal.failure_words(tocsin_internal.failure_figures) is
  'What each of failure_scores() was made of, in words.';
