create function tocsin_internal.check_page(p_limit integer, p_offset integer) returns void
language plpgsql immutable as $$
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception using errcode = 'INVLD', column = '/limit', message = 'limit must be from 1 to 1,000.';
  elsif p_offset is null or p_offset not between 0 and 10000 then
    raise exception using errcode = 'INVLD', column = '/offset', message = 'offset must be from 0 to 10,000.',
      hint = 'To go on from there, give the last id as before_id: that is fast at any depth.';
  end if;
end
$$;
comment on function tocsin_internal.check_page(integer, integer) is 'Raises INVLD unless limit and offset are within bounds.';
