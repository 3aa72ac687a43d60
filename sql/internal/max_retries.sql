create function tocsin_internal.max_retries(p_policy jsonb) returns integer
language sql immutable parallel safe as $$
  select coalesce((p_policy ->> 'max_retries')::integer, jsonb_array_length(p_policy -> 'schedule'), 9)
$$;
comment on function tocsin_internal.max_retries(jsonb) is
  'How many times a retry policy tries again after the first attempt; 9 unless it says otherwise.';
