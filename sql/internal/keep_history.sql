-- Called by run_maintenance, which lets one in at a time, and there before all that locks rows of others. Deliveries do not
-- depend on figures: what goes wrong here is left for the next round and told to the server's log.
create function tocsin_internal.keep_history(p_now timestamptz default clock_timestamp()) returns void
language plpgsql volatile set jit = off as $$
begin
  perform tocsin_internal.roll_up_history(p_now);
  perform tocsin_internal.sample_lanes(p_now);
  perform tocsin_internal.sample_queue(p_now);
  perform tocsin_internal.tally_alerts(p_now);
exception when others then
  raise warning 'The history could not be kept: % (%)', sqlerrm, sqlstate;
end
$$;
comment on function tocsin_internal.keep_history(timestamptz) is
  'One round of what the history needs: adds what is over, samples what waits, counts alerts. Writes the tables of the history; raises nothing.';
