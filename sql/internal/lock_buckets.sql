-- Only tried, never waited for. A worker asks for its buckets alone; where somebody else is at work it shares them, and then
-- rows are locked one by one. Where another worker is alone the bucket is left to it this time.
create function tocsin_internal.lock_buckets(
  p_webhook_ids integer[], p_wants_alone boolean, out is_alone boolean, out denied smallint[])
language sql volatile as $$
  select coalesce(bool_and(b.is_alone), false), array_agg(b.bucket) filter (where not b.is_alone and not b.is_shared)
    from (
      select a.bucket, a.is_alone, case when not a.is_alone then pg_try_advisory_xact_lock_shared(1953456996, a.bucket) end as is_shared
        from (
          select d.bucket, p_wants_alone and pg_try_advisory_xact_lock(1953456996, d.bucket) as is_alone
            from (select distinct (v.webhook_id & 63)::smallint as bucket from unnest(p_webhook_ids) as v(webhook_id) offset 0) d
          offset 0) a
      offset 0) b
$$;
comment on function tocsin_internal.lock_buckets(integer[], boolean) is
  'Takes the locks of the webhooks'' buckets until the end of the transaction: whether alone, and which were denied.';
