-- Replays are remembered for as long as what they sent, and forgotten after; one that goes on is never.
do $$
declare
  v_hook integer := pg_temp.make_webhook('a');
  v_ids bigint[];
begin
  perform tocsin.replay_webhook(1, v_hook, now() - interval '2 hours', now() - interval '1 hour') from generate_series(1, 4);
  v_ids := array(select o.replay_id from tocsin_data.webhook_replays o order by 1);
  assert cardinality(v_ids) = 4;
  update tocsin_data.webhook_replays o set state = 'finished', finished_at = now() - interval '31 days' where o.replay_id = v_ids[1];
  update tocsin_data.webhook_replays o set state = 'cancelled', finished_at = now() - interval '29 days' where o.replay_id = v_ids[2];
  update tocsin_data.webhook_replays o set created_at = now() - interval '90 days' where o.replay_id = v_ids[3];
  perform tocsin.maintain_partitions(30);
  assert array(select o.replay_id from tocsin_data.webhook_replays o order by 1) = v_ids[2:4];
  assert tocsin.count_replays(1, v_hook) = 3;
  perform tocsin.maintain_partitions(7);
  assert array(select o.replay_id from tocsin_data.webhook_replays o order by 1) = v_ids[3:4], 'the retention that is set counts';
end
$$;
