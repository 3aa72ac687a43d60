create function tocsin_internal.replay_pace(p_per_second integer, p_age interval) returns double precision
language sql immutable strict as $$
  select least(p_per_second, greatest(10, p_per_second * (0.1 + 0.9 * least(1, extract(epoch from p_age) / 30))))::double precision
$$;
comment on function tocsin_internal.replay_pace(integer, interval) is
  'How many deliveries a second a replay of this age may queue: a tenth of its pace at first, but ten where the pace allows that, and all of it after 30 seconds. Null without a pace.';
