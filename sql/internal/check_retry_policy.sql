create function tocsin_internal.check_retry_policy(p_policy jsonb) returns void
language plpgsql immutable as $$
declare
  v_wrong text;
begin
  if p_policy is null or jsonb_typeof(p_policy) <> 'object' then
    raise exception using errcode = 'INVLD', column = '/retry_policy', message = 'retry_policy must be a JSON object.';
  end if;
  -- A case, so that a comparison as number is never tried on what is none.
  select min(e.key) into v_wrong from jsonb_each(p_policy) e
   where case e.key
     when 'max_retries' then jsonb_typeof(e.value) <> 'number' or e.value <> to_jsonb(trunc(e.value::text::numeric))
       or e.value::text::numeric not between 0 and 100
     when 'backoff_base' then jsonb_typeof(e.value) <> 'number' or e.value::text::numeric not between 0.1 and 86400
     when 'max_backoff' then jsonb_typeof(e.value) <> 'number' or e.value::text::numeric not between 1 and 604800
     when 'schedule' then jsonb_typeof(e.value) <> 'array' or jsonb_array_length(e.value) not between 1 and 100
     end;
  if v_wrong is not null then
    raise exception using errcode = 'INVLD', column = '/retry_policy/' || v_wrong, message = case v_wrong
      when 'max_retries' then 'max_retries must be a whole number from 0 to 100.'
      when 'backoff_base' then 'backoff_base must be a number of seconds from 0.1 to 86,400.'
      when 'max_backoff' then 'max_backoff must be a number of seconds from 1 to 604,800.'
      else 'schedule must be a list of 1 to 100 numbers of seconds.' end;
  elsif exists (select from jsonb_object_keys(p_policy) k
                 where k <> all ('{max_retries,backoff_base,max_backoff,schedule}'::text[])) then
    raise exception using errcode = 'INVLD', column = '/retry_policy', message = 'retry_policy has an unknown field.',
      hint = 'Known are max_retries, backoff_base, max_backoff and schedule.';
  end if;
  select min(s.n) - 1 into v_wrong from jsonb_array_elements(p_policy -> 'schedule') with ordinality as s(seconds, n)
   where case when jsonb_typeof(s.seconds) <> 'number' then true else s.seconds::text::numeric not between 0 and 604800 end;
  if v_wrong is not null then
    raise exception using errcode = 'INVLD', column = '/retry_policy/schedule/' || v_wrong,
      message = 'Each entry of schedule must be a number of seconds from 0 to 604,800.';
  end if;
end
$$;
comment on function tocsin_internal.check_retry_policy(jsonb) is
  'Raises INVLD, with a pointer to the field, unless a retry policy is sound: max_retries, backoff_base, max_backoff, schedule, each optional.';
