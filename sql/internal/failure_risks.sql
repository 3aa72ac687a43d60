create function tocsin_internal.failure_risks(p_tenant_id integer, p_webhook_ids integer[], p_now timestamptz)
returns table (webhook_id integer, probability double precision, attempts_last_hour bigint, failed_last_hour bigint,
  attempts_day_before bigint, failed_day_before bigint, reason text, figures jsonb)
language sql stable as $$
  select f.webhook_id, round((1 / (1 + exp(-s.score)))::numeric, 4)::double precision, (f.figures).hour_attempts,
         (f.figures).hour_failed, (f.figures).day_attempts, (f.figures).day_failed, s.reason,
         jsonb_build_array(jsonb_build_object('name', 'constant', 'observed', null, 'value', 1, 'weight', w.weights[1],
           'contribution', w.weights[1])) || s.figures
    from tocsin_internal.failure_features(p_tenant_id, p_webhook_ids, p_now) f
   cross join (select tocsin_internal.failure_weights() as weights) w
   cross join lateral (
     select w.weights[1] + sum(n.value * n.weight) as score,
            -- How much is sent matters to the figure, and is nobody's reason.
           coalesce(string_agg(n.observed, '; ' order by n.value * n.weight desc)
              filter (where n.value * n.weight > 0.2 and n.place <= 3 and n.name <> 'volume'), 'nothing raises it') as reason,
            jsonb_agg(jsonb_build_object('name', n.name, 'observed', n.observed, 'value', round(n.value::numeric, 4),
              'weight', n.weight, 'contribution', round((n.value * n.weight)::numeric, 4)) order by n.n) as figures
       from (select u.*, row_number() over (order by u.value * u.weight desc) as place
               from unnest(tocsin_internal.failure_feature_names(), f.features, w.weights[2:],
                      tocsin_internal.failure_words(f.figures)) with ordinality as u(name, value, weight, observed, n)) n) s
$$;
comment on function tocsin_internal.failure_risks(integer, integer[], timestamptz) is
  'get_failure_risk of webhooks of a tenant, as it would have answered at another time.';
