-- Defaults follow the schedule that Standard Webhooks recommends, some three days in all.
create function tocsin_internal.retry_delay_seconds(p_policy jsonb, p_attempt integer) returns double precision
language sql volatile as $$
  select least(
      coalesce((p_policy ->> 'max_backoff')::double precision, 86400),
      case
        when jsonb_array_length(p_policy -> 'schedule') > 0
          then (p_policy -> 'schedule' ->> least(p_attempt, jsonb_array_length(p_policy -> 'schedule')) - 1)::double precision
        when p_policy ? 'backoff_base'
          then (p_policy ->> 'backoff_base')::double precision * power(2, least(p_attempt, 30) - 1)
        else (array[5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])[least(p_attempt, 9)]
      end) * (0.9 + 0.2 * random())
$$;
comment on function tocsin_internal.retry_delay_seconds(jsonb, integer) is
  'Seconds to wait after the given attempt failed: the schedule, or backoff_base doubled each time up to max_backoff, give or take 10 %.';
