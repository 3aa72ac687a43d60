create function tocsin_internal.check_traceparent(p_traceparent text) returns void
language plpgsql immutable as $$
begin
  if p_traceparent !~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' then
    raise exception using errcode = 'INVLD', column = '/traceparent', message = 'traceparent is not one of W3C Trace Context.',
      hint = 'For example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.';
  end if;
end
$$;
comment on function tocsin_internal.check_traceparent(text) is
  'Raises INVLD unless the text is a traceparent of W3C Trace Context, version 00, or null.';
