create function tocsin_internal.refuse_filter(p_pointer text, p_message text) returns void
language plpgsql immutable parallel safe as $$
begin
  raise exception using errcode = 'INVLD', message = p_message, column = p_pointer,
    hint = 'For example {"context.amount": {"gte": 100}, "or": [{"context.region": "eu"}, {"severity": "CRITICAL"}]}.';
end
$$;
comment on function tocsin_internal.refuse_filter(text, text) is 'Raises INVLD about a part of a filter.';
