-- A z-score against each past. Scores (share_score, count_score) have noise of a known variance. What their spread over the
-- past periods has beyond it is the subject's own unsteadiness and is added; it is measured by the median of the absolute
-- deviations, which single outages do not move. Usual is the median, for shares the overall one if that is larger. The
-- smaller z of the two pasts counts, so that neither the time of day nor yesterday's change makes an anomaly. Fewer than
-- five periods tell nothing about a spread. since is where the sum of the deviations turns (CUSUM).
create function tocsin_internal.judge_anomalies(
  p_tenant_id integer, p_window_seconds integer, p_now timestamptz, p_z_min double precision)
returns table (kind text, subject text, z double precision, effect double precision, observed double precision,
  expected double precision, n double precision, past text, past_n double precision, past_periods integer, since timestamptz,
  slow_ms integer)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return query
    with seen as materialized (
      select o.*, case when o.kind = 'volume' then tocsin_internal.count_score(o.x) else tocsin_internal.share_score(o.x, o.n) end as score,
             case when o.kind = 'volume' then 1 else 1 / (o.n + 0.5) end as noise,
             case when o.kind = 'volume' then o.x else o.x / o.n end as level
        from (select * from tocsin_internal.webhook_observations(p_tenant_id, p_window_seconds, p_now)
              union all select * from tocsin_internal.volume_observations(p_tenant_id, p_window_seconds, p_now)) o),
    latest as (
      select s.kind, s.subject, sum(s.x) as x, sum(s.n) as n, max(s.slow_ms) as slow_ms
        from seen s where s.past is null group by s.kind, s.subject),
    middles as (
      select s.kind, s.subject, s.past, count(*) as k, sum(s.x) as x, sum(s.n) as n, avg(s.noise) as noise,
             percentile_cont(0.5) within group (order by s.score) as score, percentile_cont(0.5) within group (order by s.level) as level
        from seen s where s.past is not null group by s.kind, s.subject, s.past having count(*) >= 5),
    pasts as (
      select m.kind, m.subject, m.past, m.k, m.n, m.noise,
             case when m.kind = 'volume' then m.level else greatest(m.level, m.x / m.n) end as level,
             power(1.4826 * percentile_cont(0.5) within group (order by abs(s.score - m.score)), 2) as spread
        from middles m join seen s on s.kind = m.kind and s.subject = m.subject and s.past = m.past
       group by m.kind, m.subject, m.past, m.k, m.x, m.n, m.noise, m.level),
    scored as (
      select l.*, p.past, p.k, p.n as past_n, p.level, d.effect,
             d.effect / sqrt(case when l.kind = 'volume' then 1 else 1 / (l.n + 0.5) end + greatest(0, p.spread - p.noise)
               + 1.571 * greatest(p.spread, p.noise) / p.k) as z
        from latest l join pasts p on p.kind = l.kind and p.subject = l.subject
       cross join lateral (select
           case when l.kind = 'volume' then tocsin_internal.count_score(l.x) - tocsin_internal.count_score(p.level)
                else tocsin_internal.share_score(l.x, l.n) - tocsin_internal.share_score(p.level * p.n, p.n) end as effect) d),
    found as materialized (
      select r.* from (
        select distinct on (s.kind, s.subject) s.*, min(s.z) over w * max(s.z) over w > 0 as is_agreed
          from scored s window w as (partition by s.kind, s.subject) order by s.kind, s.subject, abs(s.z)) r
       where r.is_agreed and abs(r.z) >= p_z_min),
    turns as (
      select distinct on (b.kind, b.subject) b.kind, b.subject, case when b.deviation < 0 then b.next_at else b.first_at end as since
        from (select f.kind, f.subject, sum(sign(f.z) * (sum(s.x) - sum(s.n) * f.level)) over w as deviation,
                     lead(s.starts_at) over w as next_at, min(s.starts_at) over (partition by f.kind, f.subject) as first_at
                from found f join seen s on s.kind = f.kind and s.subject = f.subject and s.past is null
               group by f.kind, f.subject, f.z, f.level, s.starts_at
              window w as (partition by f.kind, f.subject order by s.starts_at)) b
       order by b.kind, b.subject, b.deviation)
    select f.kind, f.subject, f.z, f.effect, case when f.kind = 'volume' then f.x else f.x / f.n end, f.level, f.n, f.past, f.past_n,
           f.k::integer, t.since, f.slow_ms
      from found f join turns t on t.kind = f.kind and t.subject = f.subject;
end
$$;
comment on function tocsin_internal.judge_anomalies(integer, integer, timestamptz, double precision) is
  'How far, in standard deviations (z), what happened to each webhook and alert type of a tenant in a window is from what is usual for it, where that is p_z_min or more; effect is the difference of the scores.';
