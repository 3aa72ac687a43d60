create function tocsin_internal.purge_replays(p_now timestamptz) returns void
language sql volatile as $$
  delete from tocsin_data.webhook_replays o where o.replay_id = any (array(
    select d.replay_id from tocsin_data.webhook_replays d
     where d.finished_at < p_now - (select s.value * interval '1 day' from tocsin_data.settings s where s.name = 'retention_days')
     order by d.finished_at limit 10000 for update of d skip locked))
$$;
comment on function tocsin_internal.purge_replays(timestamptz) is
  'Removes replays that ended longer ago than the retention time, 10,000 at most.';
