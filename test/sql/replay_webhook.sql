-- Plays maintenance until no replay has anything left to queue or to count.
create function pg_temp.advance() returns integer language plpgsql as $$
declare
  v_queued integer := 0; v_step integer;
begin
  for v_round in 1..50 loop
    update tocsin_data.webhook_replays set advanced_at = clock_timestamp() - interval '1 second';
    v_step := tocsin_internal.advance_replays();
    v_queued := v_queued + v_step;
    exit when v_step = 0 and not exists (select from tocsin_data.webhook_replays where state = 'queueing');
  end loop;
  return v_queued;
end
$$;
create function pg_temp.replay(p_webhook_id integer, p_status text default 'all', p_more jsonb default '{}') returns bigint
language sql as $$
  select coalesce(r.replay_id, r.matched)
    from jsonb_to_record(p_more) as m(types text[], ids bigint[], filter jsonb, lim integer, dry boolean)
   cross join lateral tocsin.replay_webhook(1, p_webhook_id, now() - interval '1 hour', now() + interval '1 minute', p_status, m.types,
     m.filter, m.ids, m.lim, null, coalesce(m.dry, false)) r
$$;

do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook('a', p_events => '{order.*}', p_max_retries => 0);
  v_late integer;
  v_replay bigint; v_alert bigint; v_id bigint;
  r record;
begin
  perform tocsin.raise_alert('order.paid', 'delivered', p_context => '{"amount": 5}');
  assert pg_temp.work() = 1;
  perform tocsin.raise_alert('order.failed', 'failed one', p_context => '{"amount": 500}');
  perform tocsin.raise_alert('order.failed', 'failed two', p_context => '{"amount": 5}');
  assert pg_temp.work('failed', 400, 'http_400: no') = 2;
  v_alert := tocsin.raise_alert('order.paid', 'waits');
  perform tocsin.raise_alert('user.left', 'never matched');
  -- The receiver of a test that fails twice must not stop the rest.
  update tocsin_data.webhook_health_metrics set breaker_state = 'closed', blocked_until = null;

  -- A dry run counts and writes nothing.
  assert pg_temp.replay(v_hook, 'failed', '{"dry": true}') = 2 and pg_temp.replay(v_hook, 'delivered', '{"dry": true}') = 1;
  assert pg_temp.replay(v_hook, 'all', '{"dry": true}') = 3, 'what waits, and what the webhook does not take, is left out';
  assert pg_temp.replay(v_hook, 'all', '{"dry": true, "types": ["user.left"]}') = 1, 'named by its type';
  assert pg_temp.replay(v_hook, 'all', '{"dry": true, "types": ["*"]}') = 4;
  assert pg_temp.replay(v_hook, 'failed', '{"dry": true, "filter": {"context.amount": {"gte": 100}}}') = 1;
  assert pg_temp.replay(v_hook, 'all', '{"dry": true, "lim": 2}') = 2;
  assert pg_temp.replay(v_hook, 'all', jsonb_build_object('dry', true, 'ids', array[v_alert])) = 0, 'it waits';
  assert not exists (select from tocsin_data.webhook_replays);

  -- What failed goes out once more, as the next attempt; a second replay of the same doubles nothing.
  v_replay := pg_temp.replay(v_hook, 'failed');
  perform pg_temp.replay(v_hook, 'failed');
  assert pg_temp.advance() = 2 and pg_temp.advance() = 0;
  assert (select count(*) = 3 from tocsin_data.alert_delivery_queue) and tocsin.count_deliveries(1, 'pending', v_hook) = 3;
  assert (select count(*) = 2 from tocsin_data.alert_delivery_log g where g.status = 'retrying' and g.next_attempt_at is not null);
  select * into r from tocsin.get_replay(1, v_hook, v_replay);
  assert r.state = 'delivering' and r.total = 2 and r.queued = 2 and r.pending = 2 and r.done = 0;
  assert pg_temp.work() = 3;
  perform tocsin_internal.advance_replays();
  select * into r from tocsin.get_replay(1, v_hook, v_replay);
  assert r.state = 'finished' and r.delivered = 2 and r.pending = 0 and r.finished_at is not null;
  assert tocsin.count_deliveries(1, 'failed') = 0 and tocsin.count_deliveries(1, 'delivered') = 4 and tocsin.count_deliveries(1) = 4;
  assert not exists (select from tocsin_data.webhook_replay_deliveries);

  -- A webhook that is younger than the alerts gets new deliveries, each once, that are found under their alert.
  v_late := pg_temp.make_webhook('late', p_events => '{order.*}', p_max_retries => 0);
  v_replay := pg_temp.replay(v_late);
  perform pg_temp.replay(v_late);
  assert pg_temp.advance() = 4;
  assert (select count(*) = 4 from tocsin_data.alert_delivery_queue);
  assert (select count(*) = 2 from tocsin.list_deliveries(1, p_alert_id => v_alert)) and tocsin.count_deliveries(1, 'pending', null, v_alert) = 1;
  assert (select a.delivery_count = 2 from tocsin.get_alert(1, v_alert) a);
  assert (select w.outcome = 'pending' from tocsin.why_not_delivered(v_alert) w where w.webhook_id = v_late);
  assert pg_temp.work('failed', 400, 'http_400: no') = 4;
  assert pg_temp.replay(v_late, 'failed', '{"dry": true}') = 4 and pg_temp.replay(v_late, 'all', '{"dry": true}') = 4;
  perform pg_temp.replay(v_late, 'failed', '{"lim": 1}');
  assert pg_temp.advance() = 1;
  v_id := (select q.delivery_id from tocsin_data.alert_delivery_queue q);
  assert (select q.attempt = 2 and q.due_at = tocsin_internal.id_time(v_id) from tocsin_data.alert_delivery_queue q);
  perform tocsin.retry_delivery(v_id);
  assert (select count(*) = 1 from tocsin_data.alert_delivery_queue), 'a retry finds it where it waits';
  update tocsin_data.webhook_lanes set blocked_until = null, slots_max = null;
  assert pg_temp.work() = 1;
  perform tocsin_internal.advance_replays();
  assert (select count(*) = 0 from tocsin_data.webhook_replays where finished_at is null);

  -- Cancelled before it began: nothing is queued. Of a deleted webhook: the same.
  v_replay := pg_temp.replay(v_hook);
  perform tocsin.cancel_replay(1, v_hook, v_replay);
  assert pg_temp.advance() = 0;
  assert (select o.state = 'cancelled' and o.queued = 0 and o.finished_at is not null from tocsin.get_replay(1, v_hook, v_replay) o);
  perform tocsin.cancel_replay(1, v_hook, v_replay);
  v_replay := pg_temp.replay(v_late);
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_late;
  assert pg_temp.advance() = 0;
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s)', v_late)) = 'NTFND';

  assert (select array_agg(o.id order by o.id desc) = array_agg(o.id) and count(*) = tocsin.count_replays(1, v_hook)
            from tocsin.list_replays(1, v_hook) o);
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(%s, %s)', v_other, v_hook)) = 'NTFND';
  assert pg_temp.failure_of(format('select tocsin.cancel_replay(%s, %s, %s)', v_other, v_hook, v_replay)) = 'NTFND';
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s, p_status => ''x'')', v_hook)) = 'INVLD /status';
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s, now(), now())', v_hook)) = 'INVLD /until';
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s, p_limit => 0)', v_hook)) = 'INVLD /limit';
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s, p_filter => ''[]'')', v_hook)) = 'INVLD /filter';
  perform tocsin.replay_webhook(1, v_hook, now() + interval '1 hour', now() + interval '2 hours') from generate_series(1, 10);
  assert pg_temp.failure_of(format('select tocsin.replay_webhook(1, %s)', v_hook)) = 'STALE', 'ten are under way';
end
$$;

-- The pace, and chunks: more than one step looks at, with deliveries that were tried more than once on its edge.
do $$
declare
  v_hook integer := pg_temp.make_webhook('paced', p_events => '{bulk}');
  v_replay bigint;
begin
  perform tocsin.raise_alerts((select jsonb_agg(jsonb_build_object('alert_type', 'bulk', 'message', 'm')) from generate_series(1, 1000)))
    from generate_series(1, 6);
  update tocsin_data.webhooks set max_in_flight = 1000, retry_policy = '{"max_retries": 1, "schedule": [0]}' where webhook_id = v_hook;
  insert into tocsin_data.alert_delivery_log (delivery_id, alert_id, attempted_at, webhook_id, tenant_id, bucket, attempt, status, next_attempt_at)
    select q.delivery_id, q.alert_id, now(), q.webhook_id, 1, q.bucket, a, case a when 1 then 'retrying' else 'failed' end,
           case a when 1 then now() end
      from tocsin_data.alert_delivery_queue q cross join generate_series(1, 2) as a where q.webhook_id = v_hook;
  delete from tocsin_data.alert_delivery_queue q where q.webhook_id = v_hook;
  assert (select r.matched = 6000 from tocsin.replay_webhook(1, v_hook, p_until => now() + interval '1 minute', p_status => 'failed', p_dry_run => true) r);
  assert (select r.matched = 6000 from tocsin.replay_webhook(1, v_hook, p_until => now() + interval '1 minute',
    p_alert_types => '{bulk}', p_dry_run => true) r);
  v_replay := (select r.replay_id from tocsin.replay_webhook(1, v_hook, p_until => now() + interval '1 minute', p_status => 'failed', p_per_second => 10) r);
  update tocsin_data.webhook_replays set advanced_at = clock_timestamp() - interval '1 hour' where replay_id = v_replay;
  assert tocsin_internal.advance_replays() = 20, 'no burst after a pause';
  update tocsin_data.webhook_replays set per_second = 1000, advanced_at = clock_timestamp() - interval '1 second', created_at = clock_timestamp()
   where replay_id = v_replay;
  assert tocsin_internal.advance_replays() between 100 and 280, 'a tenth of the pace in the beginning';
  update tocsin_data.webhook_replays set advanced_at = clock_timestamp() - interval '1 hour', created_at = clock_timestamp() - interval '1 hour'
   where replay_id = v_replay;
  assert tocsin_internal.advance_replays() = 2000, 'all of it later';
  update tocsin_data.webhook_replays set per_second = null where replay_id = v_replay;
  assert pg_temp.advance() between 5980 - 2280 and 5980 - 2100;
  assert (select count(*) = 6000 and count(distinct q.delivery_id) = 6000 from tocsin_data.alert_delivery_queue q where q.webhook_id = v_hook);
  assert (select o.state = 'delivering' and o.queued = o.total from tocsin.get_replay(1, v_hook, v_replay) o);
end
$$;

-- The pace rises in half a minute, and a low one is there at once.
do $$
begin
  assert (select array_agg(tocsin_internal.replay_pace(1000, s * interval '1 second') order by s) from unnest(array[0, 10, 20, 30, 3600]) as s)
    = '{100,400,700,1000,1000}';
  assert (select array_agg(tocsin_internal.replay_pace(n, '0') order by n) from unnest(array[1, 10, 50, 200]) as n) = '{1,10,10,20}';
  assert tocsin_internal.replay_pace(null, '0') is null;
end
$$;
