create function tocsin_internal.trim_row_context(p_context jsonb) returns jsonb
language plpgsql immutable as $$
declare
  v_small jsonb;
  v_omitted jsonb;
begin
  v_omitted := (select jsonb_agg(distinct e.key)
                  from jsonb_each(jsonb_build_object('old', p_context -> 'old', 'new', p_context -> 'new')) r
                 cross join lateral jsonb_each(case when jsonb_typeof(r.value) = 'object' then r.value else '{}' end) e
                 where pg_column_size(e.value) > 1024);
  v_small := p_context || jsonb_build_object('omitted', v_omitted,
    'old', nullif(p_context -> 'old', 'null') - array(select jsonb_array_elements_text(v_omitted)),
    'new', nullif(p_context -> 'new', 'null') - array(select jsonb_array_elements_text(v_omitted)));
  return case when pg_column_size(v_small) <= 262144 then v_small
    else jsonb_build_object('table', p_context -> 'table', 'old', null, 'new', null, 'changed', '[]'::jsonb, 'omitted', '*') end;
end
$$;
comment on function tocsin_internal.trim_row_context(jsonb) is
  'The context of a row that is too large, less the values over 1 KiB, whose columns are listed as omitted; * when that is not enough.';
