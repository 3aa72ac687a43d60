create function tocsin_internal.count_pending(p_webhook_id integer, p_count_max integer) returns integer
language sql stable set enable_seqscan = off as $$
  select p.pending from tocsin_internal.pending_of(p_webhook_id, p_count_max) p
$$;
comment on function tocsin_internal.count_pending(integer, integer) is
  'What pending_of says of a webhook, for a caller that allows sequential scans.';
