create function tocsin_internal.error_words(p_error text) returns text
language sql immutable parallel safe as $$
  select coalesce(regexp_replace(p_error, '^[a-z0-9_]+: ', ''), 'nothing is known of it')
$$;
comment on function tocsin_internal.error_words(text) is 'The words of an error, which is recorded as code: words.';
