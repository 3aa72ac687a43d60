create function tocsin_internal.check_choice(p_value text, p_choices text[], p_pointer text) returns void
language plpgsql immutable as $$
begin
  if p_value <> all (p_choices) then
    raise exception using errcode = 'INVLD', column = p_pointer, message = ltrim(p_pointer, '/') || ' is not one of those there are.',
      hint = 'Choose one of ' || array_to_string(p_choices, ', ') || '.';
  end if;
end
$$;
comment on function tocsin_internal.check_choice(text, text[], text) is 'Raises INVLD unless the value is null or among the choices.';
