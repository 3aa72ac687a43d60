create function tocsin_internal.failure_scores(f tocsin_internal.failure_figures) returns double precision[]
language sql immutable parallel safe as $$
  select array[
    s.quarter, s.hour,
    least(1, f.quarter_open_seconds / 900), greatest(0, least(1, (f.hour_open_seconds - f.quarter_open_seconds) / 2700)),
    ln(1 + f.failed_hours),
    l.rise, l.trend,
    least(7, ln(1 + v.per_hour))]
    from (select greatest(-2, ln(49 * (f.quarter_failed + 0.1)
                   / (f.quarter_attempts - f.quarter_failed + 4.9)))::double precision as quarter,
                 greatest(-2, ln(49 * (f.hour_failed + 0.1) / (f.hour_attempts - f.hour_failed + 4.9)))::double precision as hour) s
   cross join (select
       greatest(0, least(3, coalesce(f.quarter_log_ms / nullif(f.quarter_delivered, 0) - f.day_log_ms / nullif(f.day_delivered, 0), 0)))
         * f.quarter_delivered / (f.quarter_delivered + 10.0) as rise,
       greatest(-1, least(2, coalesce(f.quarter_log_ms / nullif(f.quarter_delivered, 0)
         - f.before_log_ms / nullif(f.before_delivered, 0), 0))) * f.quarter_delivered / (f.quarter_delivered + 10.0) as trend) l
   cross join (select (f.hour_attempts + f.day_attempts) / 25.0::double precision as per_hour) v
$$;
comment on function tocsin_internal.failure_scores(tocsin_internal.failure_figures) is
  'The features of the model of failure, in the order of failure_feature_names(): none is far from zero for a webhook that is well.';
