-- The indexes have the order of due_at, people want that of the ids. They are the same but for retries, which are due
-- later than their ids say. So retries come apart, and only when asked for: whoever reads the log too has them from there.
create function tocsin_internal.walk_waiting(
  p_lanes integer[], p_alert_id bigint, p_from_id bigint, p_before_id bigint, p_limit integer, p_with_retries boolean)
returns table (delivery_id bigint, webhook_id integer, alert_id bigint)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  v_lanes integer[] := p_lanes;
  v_from_id bigint := p_from_id;
  -- No id is from the future, but retries are due there: without this bound each lane's would be passed over.
  v_before_id bigint := least(p_before_id, tocsin_internal.id_at(clock_timestamp() + interval '1 second'));
begin
  if p_alert_id is null and cardinality(p_lanes) > 1 then
    -- Of many lanes only the newest rows matter: the p_limit-th newest, of all that are first in their lanes, is a bound, and
    -- only lanes that have one above it are looked into again.
    select min(t.delivery_id) filter (where t.n = p_limit), array_agg(distinct t.webhook_id) into v_from_id, v_lanes
      from (select f.delivery_id, f.webhook_id, row_number() over (order by f.delivery_id desc) as n
              from unnest(p_lanes) as l(webhook_id)
             cross join lateral tocsin_internal.lane_firsts(l.webhook_id, null, p_from_id, v_before_id,
                          case when cardinality(p_lanes) > p_limit then 1 else p_limit end) f
             order by f.delivery_id desc limit p_limit) t;
    v_from_id := greatest(v_from_id, p_from_id);
  end if;
  return query
    select d.delivery_id, d.webhook_id, d.alert_id from (
      select f.* from unnest(v_lanes) as l(webhook_id)
       cross join lateral tocsin_internal.lane_firsts(l.webhook_id, p_alert_id, v_from_id, v_before_id, p_limit) f
      union all
      select r.* from unnest(p_lanes) as l(webhook_id)
       cross join lateral tocsin_internal.lane_retries(l.webhook_id, v_from_id, p_before_id, p_limit) r
       where p_with_retries) d
     where p_alert_id is null or d.alert_id = p_alert_id
     order by d.delivery_id desc limit p_limit;
end
$$;
comment on function tocsin_internal.walk_waiting(integer[], bigint, bigint, bigint, integer, boolean) is
  'The newest deliveries that wait in the lanes of webhooks, in alert_delivery_queue and _parked, of an alert or any; without retries only those that were never tried, or tried by the wrong worker.';
