create function tocsin_internal.failure_feature_names() returns text[]
language sql immutable parallel safe as $$
  select '{failing_quarter,failing_hour,breaker_quarter,breaker_before,failed_hours,latency_rise,latency_trend,volume}'::text[]
$$;
comment on function tocsin_internal.failure_feature_names() is 'What failure_scores() gives, by name.';
