create function tocsin_internal.try_share_bucket(p_bucket smallint) returns boolean
language sql volatile as $$
  select pg_try_advisory_xact_lock_shared(1953456996, p_bucket)
$$;
comment on function tocsin_internal.try_share_bucket(smallint) is
  'As share_bucket, but false at once where a worker is alone in the bucket now.';
