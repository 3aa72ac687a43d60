create function tocsin_internal.check_key(p_key text, p_pointer text) returns void
language plpgsql immutable as $$
begin
  if length(p_key) not between 1 and 255 then
    raise exception using errcode = 'INVLD', column = p_pointer, message = 'A key has 1 to 255 characters.';
  end if;
end
$$;
comment on function tocsin_internal.check_key(text, text) is 'Raises INVLD unless a dedupe or idempotency key is null or of a sound length.';
