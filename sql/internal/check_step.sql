-- A day of tolerance: who asks for the last seven days should get them, though the clock has gone on since.
create function tocsin_internal.check_step(p_since timestamptz, p_until timestamptz, p_step_seconds integer) returns void
language plpgsql stable as $$
declare
  v_level record;
begin
  if p_since >= p_until then
    raise exception using errcode = 'INVLD', column = '/since', message = 'since must be before until.';
  elsif p_step_seconds < 60 or p_step_seconds % 60 <> 0 or p_step_seconds > 86400 then
    raise exception using errcode = 'INVLD', column = '/step_seconds', message = 'step_seconds must be a multiple of 60, 86,400 at most.';
  elsif date_part('epoch', p_until - p_since) > 10081.0 * p_step_seconds then
    raise exception using errcode = 'INVLD', column = '/step_seconds', message = 'These are more than 10,080 points.',
      hint = 'Choose a longer step, or none.';
  end if;
  select * into v_level from tocsin_internal.history_levels() l where l.step_seconds = tocsin_internal.history_level(p_step_seconds);
  if v_level.step_seconds < 3600 and p_since < clock_timestamp() - (v_level.days_kept + 1) * interval '1 day' then
    raise exception using errcode = 'INVLD', column = '/step_seconds',
      message = 'The history in such short steps is kept for ' || v_level.days_kept || ' days only.',
      hint = 'Choose a multiple of 300 for 30 days, of 3,600 for 90, or no step.';
  end if;
end
$$;
comment on function tocsin_internal.check_step(timestamptz, timestamptz, integer) is
  'Raises INVLD unless a span of time and a step in seconds make a timeseries that the history can give.';
