create function tocsin_internal.explain_turn(
  l tocsin_data.webhook_lanes, p_delivery_id bigint, p_due_at timestamptz,
  out reason text, out detail jsonb, out until_at timestamptz)
language plpgsql stable set enable_seqscan = off as $$
declare
  v_now timestamptz := clock_timestamp();
  v_first_id bigint;
  v_ahead bigint;
  -- Urgent ones wait for the urgent ones before them only.
  v_is_urgent boolean := not l.ordered and exists (
    select from tocsin_data.alert_delivery_queue q
     where q.bucket = l.bucket and q.webhook_id = l.webhook_id and q.due_at = p_due_at and q.delivery_id = p_delivery_id
       and q.is_urgent);
  v_slowed text := (select format('slowed to %s of %s at a time because %s', l.slots_max, l.max_in_flight,
      tocsin_internal.slowed_because(l, m)) from tocsin_data.webhook_health_metrics m
     where m.webhook_id = l.webhook_id and tocsin_internal.slowed_because(l, m) is not null);
begin
  select q.delivery_id into v_first_id from tocsin_data.alert_delivery_queue q
   where q.bucket = l.bucket and q.webhook_id = l.webhook_id order by q.due_at, q.delivery_id limit 1;
  v_ahead := (select count(*) from (
    select from tocsin_data.alert_delivery_queue q
     where q.bucket = l.bucket and q.webhook_id = l.webhook_id
       and (q.due_at, q.delivery_id) < (least(p_due_at, v_now), p_delivery_id)
       and (q.is_urgent or not v_is_urgent) limit 1001) a);
  v_first_id := coalesce(l.busy_delivery_id, v_first_id);
  if l.ordered and v_first_id <> p_delivery_id then
    until_at := case when l.blocked_until > v_now then l.blocked_until end;
    reason := format('Deliveries of this webhook go out in order, and delivery %s comes first%s.', v_first_id,
      coalesce('; its next attempt is at ' || tocsin_internal.time_words(until_at), ''));
    detail := jsonb_build_object('cause', 'earlier_delivery', 'first_delivery_id', v_first_id, 'ahead', v_ahead);
  elsif l.rate_next_at > v_now then
    until_at := l.rate_next_at;
    reason := format('The webhook gets at most %s deliveries a second: the next may go at %s, and %s wait before this one.',
      l.rate_limit_per_second, tocsin_internal.time_words(until_at), v_ahead);
    detail := jsonb_build_object('cause', 'rate_limit', 'rate_limit_per_second', l.rate_limit_per_second, 'ahead', v_ahead);
  elsif not exists (select from tocsin_data.workers k where k.beat_at > v_now - interval '20 seconds') then
    reason := 'No worker is running: none has given a sign of life for 20 seconds.';
    detail := jsonb_build_object('cause', 'no_worker', 'ahead', v_ahead);
  elsif v_ahead > 0 then
    reason := format('%s%s deliveries to this webhook wait before this one, and it %s.',
      case when v_ahead > 1000 then 'More than ' else '' end, least(v_ahead, 1000),
      coalesce('is ' || v_slowed, format('takes %s at a time', l.max_in_flight)));
    detail := jsonb_build_object('cause', 'backlog', 'ahead', v_ahead, 'slots', least(l.slots_max, l.max_in_flight),
      'max_in_flight', l.max_in_flight, 'slowed_by', l.slowed_by);
  else
    reason := 'It is due and next in turn' || coalesce('; the webhook is ' || v_slowed, '') || '.';
    detail := jsonb_build_object('cause', 'next', 'ahead', 0, 'slowed_by', l.slowed_by);
  end if;
end
$$;
comment on function tocsin_internal.explain_turn(tocsin_data.webhook_lanes, bigint, timestamptz) is
  'What stands between a delivery of an open webhook and its turn, in words and as {"cause": …}.';
