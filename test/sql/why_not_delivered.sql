-- Every answer, from webhooks that never matched to those whose turn it is not.
create function pg_temp.why(p_alert_id bigint, p_webhook_id integer) returns text language sql as $$
  select concat_ws(' ', w.outcome, w.detail ->> 'check', w.detail ->> 'cause')
    from tocsin.why_not_delivered(p_alert_id, p_webhook_id) w
$$;
create function pg_temp.reason(p_alert_id bigint, p_webhook_id integer) returns text language sql as $$
  select w.reason from tocsin.why_not_delivered(p_alert_id, p_webhook_id) w
$$;

do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_all integer := pg_temp.make_webhook('all');
  v_events integer := pg_temp.make_webhook('events', p_events => '{disk.*,user}');
  v_severity integer := pg_temp.make_webhook('severity', p_min_severity => 'WARNING');
  v_filter integer := pg_temp.make_webhook('filter', p_filter => '{"context.amount": {"gte": 100}}');
  v_theirs integer := pg_temp.make_webhook('theirs', v_other);
  v_gone integer := pg_temp.make_webhook('gone');
  v_alert bigint; v_late integer; w record;
begin
  update tocsin_data.webhooks set created_at = now() - interval '1 hour', updated_at = now() - interval '1 hour';
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_gone;
  v_alert := tocsin.raise_alert('order.paid', 'Paid', 'INFO', '{"amount": 99}');
  v_late := pg_temp.make_webhook('late');
  update tocsin_data.webhooks set created_at = clock_timestamp() where webhook_id = v_late;

  assert (select array_agg(n.webhook_id order by n.n) = array[v_all, v_events, v_severity, v_filter, v_late]
            from tocsin.why_not_delivered(v_alert) with ordinality as n(webhook_id, name, delivery_id, outcome, reason, detail, until_at, n));
  assert pg_temp.why(v_alert, v_events) = 'not_matched events' and pg_temp.why(v_alert, v_severity) = 'not_matched min_severity';
  assert pg_temp.why(v_alert, v_filter) = 'not_matched filter' and pg_temp.why(v_alert, v_late) = 'not_matched created_at';
  assert pg_temp.reason(v_alert, v_events) = 'The webhook does not take alerts of type order.paid, only disk.*, user.';
  update tocsin_data.webhooks set min_severity = 'INFO', updated_at = clock_timestamp() where webhook_id = v_severity;
  assert pg_temp.why(v_alert, v_severity) = 'not_matched settings';

  -- Waiting for its turn, with and without a worker.
  assert pg_temp.why(v_alert, v_all) = 'pending no_worker';
  perform tocsin.beat_worker(null, 'host', 1);
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.outcome = 'pending' and w.detail ->> 'cause' = 'next' and w.delivery_id is not null and w.webhook_name = 'all';
  assert pg_temp.why(tocsin.raise_alert('x', 'behind'), v_all) = 'pending backlog';

  -- Rate limited.
  update tocsin_data.webhooks set rate_limit_per_second = 1 where webhook_id = v_all;
  update tocsin_data.webhook_lanes set rate_next_at = clock_timestamp() + interval '7 seconds' where webhook_id = v_all;
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.detail ->> 'cause' = 'rate_limit' and w.until_at > clock_timestamp(), w::text;
  update tocsin_data.webhooks set rate_limit_per_second = null where webhook_id = v_all;
  update tocsin_data.webhook_lanes set rate_next_at = null where webhook_id = v_all;

  -- Throttled, breaker open, disabled.
  update tocsin_data.webhook_lanes set blocked_until = now() + interval '1 minute' where webhook_id = v_all;
  update tocsin_data.webhook_health_metrics set blocked_until = now() + interval '1 minute' where webhook_id = v_all;
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.detail ->> 'cause' = 'throttled' and w.until_at = now() + interval '1 minute';
  update tocsin_data.webhook_health_metrics set breaker_state = 'open', consecutive_failures = 7, last_error = 'http_503: the receiver answered 503'
   where webhook_id = v_all;
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.detail ->> 'cause' = 'breaker_open' and w.until_at = now() + interval '1 minute';
  assert w.reason like 'The webhook failed 7 times in a row, the last time because the receiver answered 503. Deliveries pause until ____-%', w.reason;
  update tocsin_data.webhooks set is_active = false, disabled_reason = 'The receiver answered 410 Gone.' where webhook_id = v_all;
  perform tocsin_internal.park_deliveries();
  assert pg_temp.why(v_alert, v_all) = 'pending webhook_disabled';
  assert pg_temp.reason(v_alert, v_all) = 'The webhook is disabled: The receiver answered 410 Gone. Enable it to have this sent.';
  update tocsin_data.webhooks set is_active = true where webhook_id = v_all;
  update tocsin_data.webhook_lanes set blocked_until = null where webhook_id = v_all;
  update tocsin_data.webhook_health_metrics set breaker_state = 'closed', blocked_until = null, consecutive_failures = 0 where webhook_id = v_all;
  perform tocsin_internal.unpark_deliveries();

  -- Being sent, tried in vain, delivered.
  perform tocsin.get_ready_deliveries(1000);
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.outcome = 'sending' and w.until_at > now() and w.reason like 'Attempt 1 is being sent.%';
  perform tocsin_internal.put_back_leases(array(select lease_id from tocsin_data.alert_delivery_leases));
  perform pg_temp.work('failed', 500, 'http_500: the receiver answered 500');
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.outcome = 'pending' and w.detail ->> 'cause' = 'retry' and w.until_at > clock_timestamp();
  assert w.reason like 'Attempt 1 failed because the receiver answered 500. Attempt 2 is due at ____-__-__ __:__:__ UTC.', w.reason;
  perform tocsin.retry_delivery(w.delivery_id);
  perform pg_temp.work();
  select * into w from tocsin.why_not_delivered(v_alert, v_all);
  assert w.outcome = 'delivered' and w.until_at is null and w.reason like 'Delivered at % by attempt 2: the receiver answered 200 after 12 ms.', w.reason;

  -- Given up, and cancelled: a deleted webhook is listed if it had a delivery.
  update tocsin_data.webhooks set retry_policy = '{"max_retries": 0}' where webhook_id = v_filter;
  v_alert := tocsin.raise_alert('x', 'given up', p_context => '{"amount": 100}');
  perform pg_temp.work('failed', 404, 'http_404: the receiver answered 404');
  select * into w from tocsin.why_not_delivered(v_alert, v_filter);
  assert w.outcome = 'failed' and w.reason like 'Given up at % after 1 attempts, the last because the receiver answered 404. retry_delivery(' || w.delivery_id || ') tries again.', w.reason;
  update tocsin_data.webhooks set deleted_at = now() where webhook_id = v_all;
  assert pg_temp.why(v_alert, v_all) = 'pending webhook_deleted';
  perform tocsin_internal.park_deliveries();
  perform tocsin_internal.promote_retries();
  perform tocsin_internal.cancel_deliveries();
  assert pg_temp.why(v_alert, v_all) = 'cancelled', pg_temp.why(v_alert, v_all);

  assert pg_temp.failure_of(format('select tocsin.why_not_delivered(%s, p_tenant_id => %s)', v_alert, v_other)) = 'NTFND';
  assert pg_temp.failure_of(format('select tocsin.why_not_delivered(%s, %s)', v_alert, v_theirs)) = 'NTFND';
  assert pg_temp.failure_of('select tocsin.why_not_delivered(5)') = 'NTFND';
end
$$;

-- Ordered: what comes first is named.
do $$
declare
  v_hook integer := pg_temp.make_webhook('ordered', p_events => '{row}', p_ordered => true);
  v_first bigint := tocsin.raise_alert('row', 'first');
  v_second bigint := tocsin.raise_alert('row', 'second');
  v_first_id bigint := (select w.delivery_id from tocsin.why_not_delivered(v_first, v_hook) w);
  w record;
begin
  update tocsin_data.webhooks set is_active = false where webhook_id <> v_hook;
  assert pg_temp.why(v_second, v_hook) = 'pending earlier_delivery';
  perform tocsin.get_ready_deliveries();
  select * into w from tocsin.why_not_delivered(v_second, v_hook);
  assert w.detail ->> 'cause' = 'earlier_delivery' and w.detail ->> 'first_delivery_id' = v_first_id::text, 'while it is being sent';
  perform tocsin_internal.put_back_leases(array(select lease_id from tocsin_data.alert_delivery_leases));
  perform pg_temp.work('failed', 500, 'http_500: no');
  select * into w from tocsin.why_not_delivered(v_second, v_hook);
  assert w.detail ->> 'cause' = 'earlier_delivery' and w.until_at > clock_timestamp() and w.reason like '%delivery ' || v_first_id || ' comes first; its next attempt is at %';
  assert pg_temp.why(v_first, v_hook) = 'pending retry';
end
$$;
