create function tocsin_internal.count_replay(r tocsin_data.webhook_replays, p_max integer) returns integer
language plpgsql stable as $$
declare
  v_scan constant integer := 10000;
  v_count integer := 0; v_chunk record;
begin
  loop
    select count(*) as scanned, max(c.place) as place,
           -- What the next chunk begins with, because this one may have cut it, is counted there.
           count(*) filter (where c.is_match and (r.status = 'all' or c.place = c.delivery_id)) as matched
      into v_chunk from (
        select * from tocsin_internal.replay_alerts(r, v_scan) where r.status = 'all'
        union all
        select * from tocsin_internal.replay_ended(r, v_scan) where r.status <> 'all') c;
    v_count := v_count + v_chunk.matched;
    r.position := v_chunk.place;
    if v_chunk.scanned < v_scan or v_count >= p_max then return least(v_count, p_max); end if;
  end loop;
end
$$;
comment on function tocsin_internal.count_replay(tocsin_data.webhook_replays, integer) is
  'How many deliveries a replay would queue now, counted up to p_max.';
