-- z >= 5: with a thousand webhooks looked at every minute, noise alone passes it in less than one look a day (2.9e-7 each).
-- What is certain can still be unimportant, so shares must differ by a small effect at least (Cohen's h 0.2: 0 and 1 %, 1 and
-- 4 %, 50 and 60 %), and volumes by a factor of two. Severity is the size of the effect: medium 0.5, large 0.8; a volume says
-- that something is different, not that something fails, so it is never critical.
create or replace function tocsin.list_anomalies(p_tenant_id integer, p_window_seconds integer default 3600)
returns table (kind text, webhook_id integer, webhook_name text, alert_type text, severity text, observed double precision,
  expected double precision, unit text, deviation double precision, sample_size bigint, past_sample_size bigint,
  past_periods integer, compared_with text, since timestamptz, description text)
language plpgsql stable security definer set search_path = '' set jit = off as $$
begin
  if p_window_seconds is null or p_window_seconds not between 300 and 86400 then
    raise exception using errcode = 'INVLD', column = '/window_seconds', message = 'window_seconds must be from 300 to 86,400.';
  end if;
  return query select a.* from tocsin_internal.find_anomalies(p_tenant_id, p_window_seconds, clock_timestamp()) a;
end
$$;
comment on function tocsin.list_anomalies(integer, integer) is
  'What is unusual in the last p_window_seconds (full five minutes), worst first: kind failure_rate (share of a webhook''s attempts that failed), latency (share of its deliveries that took twice as long as 95 % of them used to, 100 ms at least) or volume (number of alerts of a type), against the 24 hours before and the same hours of seven days. deviation is a z-score on Anscombe''s scale against the nearer of the two pasts, given by compared_with; observed and expected are in unit, over sample_size and past_sample_size in past_periods. A weekly rhythm looks like an anomaly. Raises INVLD.';
