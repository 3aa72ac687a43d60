create function tocsin_internal.find_anomalies(p_tenant_id integer, p_window_seconds integer, p_now timestamptz)
returns table (kind text, webhook_id integer, webhook_name text, alert_type text, severity text, observed double precision,
  expected double precision, unit text, deviation double precision, sample_size bigint, past_sample_size bigint,
  past_periods integer, compared_with text, since timestamptz, description text)
language sql stable as $$
  select a.kind, w.webhook_id, w.name, case when a.kind = 'volume' then a.subject end,
         case when a.kind <> 'volume' and a.effect >= 0.8 then 'CRITICAL'
              when a.kind <> 'volume' and a.effect >= 0.5 or a.kind = 'volume' and v.doublings >= 2 then 'WARNING' else 'INFO' end,
         v.observed, v.expected, v.unit, round(a.z::numeric, 1)::double precision,
         (case when a.kind = 'volume' then a.observed else a.n end)::bigint,
         (case when a.kind = 'volume' then a.expected * a.past_periods else a.past_n end)::bigint, a.past_periods, a.past, a.since,
         format(case a.kind
             when 'failure_rate' then '%1$s %% of %2$s attempts in the last %3$s failed, mostly since %4$s UTC; usually %5$s %% do.'
             when 'latency'
               then '%1$s %% of %2$s deliveries in the last %3$s took %6$s ms or longer, mostly since %4$s UTC; usually %5$s %% do.'
             else '%1$s alerts of this type in %3$s, a change that began about %4$s UTC; usually there are %5$s.' end,
           v.observed, a.n, v.window_words, to_char(a.since at time zone 'UTC', 'HH24:MI'), v.expected, a.slow_ms)
    from tocsin_internal.judge_anomalies(p_tenant_id, p_window_seconds, p_now, 5) a
   cross join lateral (
     select case when a.kind = 'volume' then 'alerts' else 'percent' end as unit,
            round((a.observed * case when a.kind = 'volume' then 1 else 100 end)::numeric, 2)::double precision as observed,
            round((a.expected * case when a.kind = 'volume' then 1 else 100 end)::numeric, 2)::double precision as expected,
            abs(log(2, ((a.observed + 1) / (a.expected + 1))::numeric)) as doublings,
            round(p_window_seconds / 60.0) || ' minutes' as window_words) v
    left join tocsin_data.webhooks w on a.kind <> 'volume' and w.webhook_id = case when a.kind <> 'volume' then a.subject::integer end
   where case when a.kind = 'volume' then v.doublings >= 1 else a.effect >= 0.2 end
   order by case when a.kind = 'volume' then 0 else a.effect end desc, abs(a.z) desc limit 500
$$;
comment on function tocsin_internal.find_anomalies(integer, integer, timestamptz) is
  'list_anomalies as it would have answered at another time.';
