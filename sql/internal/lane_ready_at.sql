-- In SQL, and without settings of its own, so that the planner puts it into the query.
create function tocsin_internal.lane_ready_at(
  p_lane tocsin_data.webhook_lanes, p_head_at timestamptz, p_buckets smallint[], p_now timestamptz) returns timestamptz
language sql stable as $$
  select case when p_lane.is_open and (p_buckets is null or p_lane.bucket = any (p_buckets))
               and (p_lane.busy_delivery_id is null or p_lane.busy_until < p_now - interval '10 minutes')
              then greatest(p_head_at, p_lane.blocked_until,
                tocsin_internal.rate_ready_at(p_lane.rate_next_at, p_lane.rate_limit_per_second)) end
$$;
comment on function tocsin_internal.lane_ready_at(tocsin_data.webhook_lanes, timestamptz, smallint[], timestamptz) is
  'From when on a lane whose first delivery is due then may be served; null for one of other buckets, or that may not be for now.';
