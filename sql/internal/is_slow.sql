-- A minute of deliveries makes a past; 100 ms more are a rise that matters to somebody.
create function tocsin_internal.is_slow(p_now_ms real, p_usual_ms real, p_folds integer) returns boolean
language sql immutable parallel safe as $$
  select coalesce(p_folds >= 60 and p_now_ms > 2 * p_usual_ms and p_now_ms > p_usual_ms + 100, false)
$$;
comment on function tocsin_internal.is_slow(real, real, integer) is
  'Whether a webhook answers so much later than it used to that it gets less at a time.';
