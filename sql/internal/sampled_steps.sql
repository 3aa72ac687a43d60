create function tocsin_internal.sampled_steps(p_since timestamptz, p_until timestamptz, p_step_seconds integer)
returns setof timestamptz
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
    select date_bin(p_step_seconds * interval '1 second', h.starts_at, '2000-01-01 00:00Z') from tocsin_data.history h
     where h.tenant_id = 0 and h.webhook_id = 0 and h.step_seconds = tocsin_internal.history_level(p_step_seconds)
       and h.starts_at >= p_since and h.starts_at < p_until and h.queue_depth is not null
    union
    select date_bin(p_step_seconds * interval '1 second', d.minute_at, '2000-01-01 00:00Z') from tocsin_data.history_deltas d
     where d.is_total and d.queue_depths is not null and d.queue_depths[1] is not null
       and d.minute_at >= p_since and d.minute_at < p_until;
end
$$;
comment on function tocsin_internal.sampled_steps(timestamptz, timestamptz, integer) is
  'The steps in which the queue was sampled: where a webhook has no figure then, nothing of it waited.';
