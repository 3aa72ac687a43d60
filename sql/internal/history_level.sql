create function tocsin_internal.history_level(p_step_seconds integer) returns integer
language sql immutable parallel safe as $$
  select case when p_step_seconds % 3600 = 0 then 3600 when p_step_seconds % 300 = 0 then 300 else 60 end
$$;
comment on function tocsin_internal.history_level(integer) is
  'The coarsest level of history whose periods fit into steps of this length.';
