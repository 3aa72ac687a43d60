do $$
declare
  v_broken integer; v_slow integer; v_throttled integer; v_well integer;
  -- All is due by then.
  v_start timestamptz := date_bin('1 minute', clock_timestamp(), '2000-01-01 00:00Z') + interval '1 minute';
begin
  perform tocsin.maintain_partitions();
  v_broken := pg_temp.make_webhook('broken', p_events => '{a}');
  v_slow := pg_temp.make_webhook('slow', p_events => '{b}', p_rate => 0.01);
  v_throttled := pg_temp.make_webhook('throttled', p_events => '{c}');
  v_well := pg_temp.make_webhook('well', p_events => '{b}');
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 5);
  for i in 1..5 loop perform pg_temp.work('failed', 500, 'http_500', p_limit => 1); end loop;
  assert (select breaker_state = 'open' from tocsin_data.webhook_health_metrics where webhook_id = v_broken);
  perform tocsin.raise_alert('b', 'm') from generate_series(1, 3);
  perform pg_temp.work();
  perform tocsin.raise_alert('c', 'm');
  perform pg_temp.work('throttled', 429, 'http_429', 600);
  perform tocsin.raise_alert('c', 'm');

  -- A slot counts once, however often it is looked at; a minute has twelve.
  for i in 0..179 loop
    perform tocsin_internal.sample_lanes(v_start + i * interval '1 second');
  end loop;
  perform tocsin_internal.sample_lanes(v_start);
  perform tocsin_internal.roll_up_history(v_start + interval '10 minutes');
  assert (select array_agg(h.breaker_open_seconds order by h.starts_at) = '{60,60,60}' and sum(h.rate_limited_seconds) = 0
            from tocsin_data.history h where h.webhook_id = v_broken and h.step_seconds = 60 and h.starts_at <= v_start + interval '2 minutes');
  assert (select sum(h.rate_limited_seconds) between 35 and 105 and sum(h.breaker_open_seconds) = 0
            from tocsin_data.history h where h.webhook_id = v_slow and h.step_seconds = 60), 'something is due, and must wait for the limit';
  assert (select sum(h.rate_limited_seconds) = 180 from tocsin_data.history h where h.webhook_id = v_throttled and h.step_seconds = 60),
    'the receiver wishes to be left alone';
  assert (select coalesce(sum(h.rate_limited_seconds + h.breaker_open_seconds), 0) = 0 from tocsin_data.history h where h.webhook_id = v_well);
  assert (select sum(h.breaker_open_seconds) = 180 from tocsin_data.history h where h.webhook_id = 0 and h.tenant_id = 1 and h.step_seconds = 60);

  -- Nothing waits, so nothing is held back.
  delete from tocsin_data.alert_delivery_queue;
  delete from tocsin_data.alert_delivery_parked;
  perform tocsin_internal.sample_lanes(v_start + interval '1 hour');
  assert (select bool_and(u.rate_limited_seconds is null) from tocsin_internal.unrolled_history(1, 0) u);
end
$$;
