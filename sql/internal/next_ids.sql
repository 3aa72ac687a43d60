-- The low bits of next_id start again after 8,192, and within that millisecond later ids would be smaller: then it draws
-- again, so that what a session raises one after the other keeps its order. Only a clock that was set back needs more
-- draws than these, and then order is not to be had. Few ids are drawn one by one, as a query costs more to start.
create function tocsin_internal.next_ids(p_count bigint) returns bigint[]
language plpgsql volatile as $$
declare
  v_last bigint := coalesce(nullif(current_setting('tocsin.last_id', true), '')::bigint, 0);
  v_id bigint; v_ids bigint[] := '{}'; v_draws integer := 0; v_noted text;
begin
  while cardinality(v_ids) < p_count and p_count <= 32 loop
    v_id := tocsin_internal.next_id();
    if v_id > v_last or v_draws >= 30 then
      v_ids := v_ids || v_id;
      v_last := v_id;
    else
      v_draws := v_draws + 1;
      perform pg_sleep(0.0001);
    end if;
  end loop;
  while cardinality(v_ids) < p_count loop
    v_ids := array(select tocsin_internal.next_id() as id from generate_series(1, p_count) order by id);
    exit when v_ids[1] > v_last or v_draws >= 30;
    v_draws := v_draws + 1;
    v_ids := '{}';
  end loop;
  v_noted := set_config('tocsin.last_id', greatest(v_last, v_ids[p_count])::text, false);
  return v_ids;
end
$$;
comment on function tocsin_internal.next_ids(bigint) is
  'Makes so many ids, ascending, and later than all that this session made before.';
