-- In SQL, and without settings of its own, so that the planner puts it into the query.
create function tocsin_internal.lane_slots(
  p_lane tocsin_data.webhook_lanes, p_busy_webhook_ids integer[], p_busy_counts integer[]) returns integer
language sql immutable as $$
  select least(coalesce(p_lane.slots_max, p_lane.max_in_flight), p_lane.max_in_flight)
    - coalesce(p_busy_counts[array_position(p_busy_webhook_ids, p_lane.webhook_id)], 0)
$$;
comment on function tocsin_internal.lane_slots(tocsin_data.webhook_lanes, integer[], integer[]) is
  'How many deliveries more a lane may have in flight at the worker that has these.';
