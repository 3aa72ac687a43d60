create function tocsin_internal.promote_retries() returns integer
language plpgsql volatile set enable_seqscan = off as $$
declare
  v_moved integer;
begin
  with due as (
    delete from tocsin_data.alert_delivery_retries r where r.ctid = any (array(
      select o.ctid from tocsin_data.alert_delivery_retries o where o.due_at <= clock_timestamp() + interval '10 seconds'
       order by o.due_at limit 20000 for update skip locked))
    returning *)
  insert into tocsin_data.alert_delivery_queue select * from due;
  get diagnostics v_moved = row_count;
  return v_moved;
end
$$;
comment on function tocsin_internal.promote_retries() is
  'Moves what is due within ten seconds from alert_delivery_retries to alert_delivery_queue, 20,000 at most; returns how many.';
