create function tocsin_internal.time_words(p_at timestamptz) returns text
language sql stable parallel safe as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
$$;
comment on function tocsin_internal.time_words(timestamptz) is 'A time as a sentence shows it.';
