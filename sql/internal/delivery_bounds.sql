create function tocsin_internal.delivery_bounds(
  p_tenant_id integer, p_alert_id bigint, p_since timestamptz, p_until timestamptz, p_before_id bigint,
  out from_id bigint, out before_id bigint)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_first_id bigint; v_last_id bigint;
begin
  select b.from_id, b.before_id into from_id, before_id from tocsin_internal.id_bounds(p_since, p_until, p_before_id) b;
  if p_alert_id is not null then
    select a.first_delivery_id, a.last_delivery_id into v_first_id, v_last_id from tocsin_data.alerts a
     where a.tenant_id = p_tenant_id and a.alert_id = p_alert_id;
    from_id := greatest(from_id, v_first_id);
    before_id := least(before_id, coalesce(v_last_id + 1, 0));
  end if;
end
$$;
comment on function tocsin_internal.delivery_bounds(integer, bigint, timestamptz, timestamptz, bigint) is
  'The range of delivery ids of a time filter, a cursor and an alert, each of which may be null; an empty one when the alert has none.';
