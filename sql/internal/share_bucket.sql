create function tocsin_internal.share_bucket(p_bucket smallint) returns void
language sql volatile as $$
  select pg_advisory_xact_lock_shared(1953456996, p_bucket)
$$;
comment on function tocsin_internal.share_bucket(smallint) is
  'To be called before rows of this bucket are taken out of alert_delivery_queue by anyone but a claim: waits for a worker that is alone in it, a few milliseconds, and makes the next ones lock rows.';
