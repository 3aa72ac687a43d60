-- What every test here may use; run before each of them, in its transaction.
create function pg_temp.make_webhook(
  p_name text default 'hook', p_tenant_id integer default 1, p_events text[] default '{*}', p_min_severity text default 'INFO',
  p_filter jsonb default null, p_ordered boolean default false, p_rate real default null, p_max_retries integer default 9)
returns integer language sql as $$
  insert into tocsin_data.webhooks (tenant_id, name, url, events, min_severity, filter, ordered, rate_limit_per_second, retry_policy)
    values (p_tenant_id, p_name, 'https://' || p_name || '.example.com/in', p_events, p_min_severity, p_filter, p_ordered, p_rate,
      jsonb_build_object('max_retries', p_max_retries))
  returning webhook_id
$$;

create function pg_temp.make_tenant(p_name text) returns integer language sql as $$
  insert into tocsin_data.tenants (name) values (p_name) returning tenant_id
$$;

-- Plays the worker: claims what is due and records the same outcome for all of it. Returns how many.
create function pg_temp.work(
  p_outcome text default 'delivered', p_status_code integer default 200, p_error text default null,
  p_retry_after_seconds integer default null, p_limit integer default 1000)
returns integer language plpgsql as $$
declare
  v_claimed record;
begin
  select array_agg(r.lease_id) as lease_ids, array_agg(r.delivery_id) as delivery_ids, array_agg(r.alert_id) as alert_ids,
         array_agg(r.webhook_id) as webhook_ids, array_agg(r.attempt) as attempts, count(*)::integer as n
    into v_claimed from tocsin.get_ready_deliveries(p_limit) r;
  if v_claimed.n = 0 then return 0; end if;
  perform tocsin.record_delivery_results(v_claimed.lease_ids, v_claimed.delivery_ids, v_claimed.alert_ids, v_claimed.webhook_ids,
    v_claimed.attempts, array_fill(p_outcome, array[v_claimed.n]), array_fill(p_status_code::smallint, array[v_claimed.n]),
    array_fill(12, array[v_claimed.n]), array_fill(p_error, array[v_claimed.n]), array_fill('answer'::text, array[v_claimed.n]),
    array_fill(p_retry_after_seconds, array[v_claimed.n]));
  return v_claimed.n;
end
$$;

-- The error that a statement raises, as code and pointer: 'INVLD /status'; null when it raises none.
create function pg_temp.failure_of(p_statement text) returns text language plpgsql as $$
declare
  v_pointer text;
begin
  execute p_statement;
  return null;
exception when others then
  get stacked diagnostics v_pointer = column_name;
  return trim(sqlstate || ' ' || v_pointer);
end
$$;
