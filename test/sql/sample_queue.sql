do $$
declare
  v_open integer; v_parked integer; v_idle integer; v_other integer := pg_temp.make_tenant('other'); v_theirs integer;
  v_now timestamptz := clock_timestamp();
  f record;
begin
  perform tocsin.maintain_partitions();
  v_open := pg_temp.make_webhook('open', p_events => '{a}');
  v_parked := pg_temp.make_webhook('parked', p_events => '{b}');
  v_idle := pg_temp.make_webhook('idle', p_events => '{c}');
  v_theirs := pg_temp.make_webhook('theirs', v_other, '{a}');
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 4);
  perform tocsin.raise_alert('b', 'm') from generate_series(1, 3);
  perform tocsin.raise_alert('a', 'm', p_tenant_id => v_other);
  update tocsin_data.webhooks set is_active = false where webhook_id = v_parked;
  perform tocsin_internal.park_deliveries();
  update tocsin_data.alert_delivery_queue set due_at = v_now - interval '90 seconds'
   where delivery_id = (select min(delivery_id) from tocsin_data.alert_delivery_queue where webhook_id = v_open);

  perform tocsin_internal.sample_queue(clock_timestamp());
  perform tocsin_internal.sample_queue(clock_timestamp());
  assert (select count(*) = 2 from tocsin_data.history_deltas), 'one sample in twenty seconds';
  for f in
    select * from (values (1, v_open, 4, 90), (1, v_parked, 3, 0), (1, v_idle, null, null), (v_other, v_theirs, 1, 0), (1, 0, 7, 90),
      (v_other, 0, 1, 0), (0, 0, 8, 90)) as c(tenant_id, webhook_id, depth, due)
  loop
    assert (select max(u.queue_depth) is not distinct from f.depth and round(max(u.oldest_due_seconds)) is not distinct from f.due
              from tocsin_internal.unrolled_history(f.tenant_id, f.webhook_id) u), f::text;
  end loop;

  -- The largest of a period is kept, and of all webhooks the largest sum.
  update tocsin_data.history_state set depth_due_at = '-infinity';
  delete from tocsin_data.alert_delivery_queue where webhook_id = v_open;
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 2);
  perform tocsin_internal.sample_queue(clock_timestamp());
  perform tocsin_internal.roll_up_history(clock_timestamp() + interval '2 minutes');
  for f in
    select * from (values (1, v_open, 4), (1, v_parked, 3), (v_other, v_theirs, 3), (1, 0, 7), (v_other, 0, 3), (0, 0, 8)) as c(tenant_id, webhook_id, depth)
  loop
    assert (select max(h.queue_depth) <= f.depth and max(h.queue_depth) >= 1 and count(*) = 3 from tocsin_data.history h
             where h.tenant_id = f.tenant_id and h.webhook_id = f.webhook_id), f::text;
  end loop;
end
$$;
