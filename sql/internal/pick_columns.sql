create function tocsin_internal.pick_columns(p_row jsonb, p_columns text[]) returns jsonb
language sql immutable parallel safe as $$
  select case when p_columns is null or p_row is null then p_row
    else (select jsonb_object_agg(e.key, e.value) from jsonb_each(p_row) e where e.key = any (p_columns)) end
$$;
comment on function tocsin_internal.pick_columns(jsonb, text[]) is 'The given columns of a row, all of them when null.';
