do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_good integer; v_bad integer; v_off integer; o record;
begin
  perform tocsin.maintain_partitions();
  select * into o from tocsin.get_dashboard_overview(1);
  assert (o.total_deliveries, o.successful_deliveries, o.failed_deliveries, o.pending_deliveries, o.total_webhooks, o.active_webhooks,
      o.healthy_webhooks, o.degraded_webhooks, o.unavailable_webhooks, o.total_alerts, o.pending_alerts, o.failed_alerts, o.oldest_due_seconds)
    = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), o::text;
  assert o.success_rate_percent is null and o.failing_since is null and o.generated_at between now() and clock_timestamp();

  v_good := pg_temp.make_webhook('good', p_events => '{a}');
  v_bad := pg_temp.make_webhook('bad', p_events => '{b}');
  v_off := pg_temp.make_webhook('off', p_events => '{c}');
  perform pg_temp.make_webhook('theirs', v_other, '{a}');
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 5);
  perform pg_temp.work();
  perform tocsin.raise_alert('b', 'm') from generate_series(1, 5);
  perform pg_temp.work('failed', 500, 'http_500');
  update tocsin_data.webhooks set is_active = false where webhook_id = v_off;
  perform tocsin.raise_alert('c', 'm') from generate_series(1, 2);
  perform tocsin.raise_alert('a', 'm', p_tenant_id => v_other) from generate_series(1, 9);
  perform tocsin.raise_alert('a', 'm') from generate_series(1, 3);
  update tocsin_data.alert_delivery_queue set due_at = now() - interval '40 seconds'
   where delivery_id = (select min(delivery_id) from tocsin_data.alert_delivery_queue where webhook_id = v_good);
  for v_round in 1..2 loop
    select * into o from tocsin.get_dashboard_overview(1);
    assert (o.total_deliveries, o.successful_deliveries, o.failed_deliveries, o.success_rate_percent, o.total_webhooks, o.active_webhooks,
        o.healthy_webhooks, o.degraded_webhooks, o.unavailable_webhooks, o.total_alerts, o.pending_alerts)
      = (10, 5, 5, 50, 3, 2, v_round - 1, 0, 1, 15, 15), format('round %s: %s', v_round, o);
    assert o.pending_deliveries = 10, 'five retries, two of a webhook that is off, three that are due';
    assert o.failing_since is not null and o.oldest_due_seconds between 39 and 100, 'what no webhook may get is not overdue';
    perform tocsin_internal.fold_webhook_health();
  end loop;
  assert (select g.total_deliveries = 0 and g.pending_deliveries = 9 from tocsin.get_dashboard_overview(v_other) g);
end
$$;
