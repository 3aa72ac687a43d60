create function tocsin_internal.check_filter(p_filter jsonb) returns void
language plpgsql immutable as $$
begin
  perform tocsin_internal.compile_filter(p_filter);
end
$$;
comment on function tocsin_internal.check_filter(jsonb) is
  'Raises INVLD, with a pointer to the part such as /filter/or/0/context.amount/gte, unless the filter of a webhook is sound.';
