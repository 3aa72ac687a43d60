do $$
declare
  v_bounds integer[] := tocsin_internal.latency_bounds();
  v_case record; v_at record; v_worst double precision := 0;
begin
  assert cardinality(v_bounds) = 120 and v_bounds[1] = 0 and v_bounds[120] = 131072;
  assert not exists (select from unnest(v_bounds) with ordinality as b(low, n)
                      where n > 1 and not exists (select from generate_series(0, 136) k where round(power(2, k / 8.0))::integer = low)),
    'each bound is a power of the eighth root of two, rounded';
  assert (select bool_and(low > before) and max((low - 1 - before) / nullif(before, 0)::real) < 0.091
            from (select low, lag(low) over (order by n) as before from unnest(v_bounds) with ordinality as b(low, n)) b where before > 0);

  for v_at in select * from (values (0, 1), (1, 2), (12, 13), (13, 14), (14, 14), (15, 15), (131071, 119), (131072, 120), (2147483647, 120), (-5, 1))
      as c(ms, bucket) loop
    assert tocsin_internal.latency_bucket(v_at.ms) = v_at.bucket, format('%s ms is in bucket %s', v_at.ms, tocsin_internal.latency_bucket(v_at.ms));
  end loop;
  assert tocsin_internal.latency_bucket(null) is null;

  assert tocsin_internal.latency_percentiles('{}', '{}', '{0.5,0.99}') = '{null,null}'::float[], 'nothing has no latency';
  assert tocsin_internal.latency_percentiles(null, null, '{0.5}') = '{null}'::float[];
  assert tocsin_internal.latency_percentiles('{4}', '{3}', '{0,0.5,1}') = '{3,3,3}'::float[], 'small ones are exact';
  assert tocsin_internal.latency_percentiles('{120}', '{1}', '{0.5}') = '{131072}'::float[], 'the last bucket has no end';
  assert tocsin_internal.latency_percentiles('{1,11}', '{99,1}', '{0.5,0.99,0.991}') = '{0,0,10}'::float[], 'the rank is that of percentile_disc';

  perform setseed(0.42);
  create temporary table samples as
    select s.name, s.n, case s.name
        when 'lognormal' then exp(4 + 0.5 * n.z) when 'wide' then exp(5 + 2 * n.z) when 'uniform' then 3000 * random()
        when 'two modes' then case when random() < 0.93 then 20 + 5 * n.z else 2000 + 300 * n.z end
        when 'constant' then 137 when 'steps' then 10 * floor(random() * 8) else 100 * -ln(random()) end as ms
      from unnest('{lognormal,wide,uniform,two modes,constant,steps,exponential}'::text[]) with ordinality as k(name)
     cross join unnest('{1,2,7,50,3000}'::integer[]) as s0(n)
     cross join lateral (select k.name, s0.n) s
     cross join lateral (select s.n as i, sqrt(-2 * ln(1 - random())) * cos(6.2831853 * random()) as z from generate_series(1, s.n)) n;
  update samples set ms = least(greatest(0, round(ms)), 131071);
  for v_case in
    select s.name, s.n, f.fraction, percentile_disc(f.fraction) within group (order by s.ms) as exact, e.ms[f.place] as estimate
      from samples s
     cross join (values (1, 0.5), (2, 0.95), (3, 0.99)) as f(place, fraction)
      join (select h.name, h.n, tocsin_internal.latency_percentiles(array_agg(h.bucket order by h.bucket), array_agg(h.k order by h.bucket), '{0.5,0.95,0.99}') as ms
              from (select o.name, o.n, tocsin_internal.latency_bucket(o.ms::integer) as bucket, count(*) as k from samples o group by 1, 2, 3) h
             group by 1, 2) e on e.name = s.name and e.n = s.n
     group by s.name, s.n, f.fraction, e.ms[f.place]
  loop
    assert abs(v_case.estimate - v_case.exact) <= 0.091 * v_case.exact, v_case::text;
    v_worst := greatest(v_worst, abs(v_case.estimate - v_case.exact) / nullif(v_case.exact, 0));
  end loop;
  assert v_worst > 0, 'nothing was compared';
end
$$;
