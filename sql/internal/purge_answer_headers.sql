create function tocsin_internal.purge_answer_headers(p_now timestamptz) returns void
language sql volatile as $$
  delete from tocsin_data.answer_headers h where h.ctid = any (array(
    select o.ctid from tocsin_data.answer_headers o
     where o.delivery_id < (select tocsin_internal.id_at(p_now - s.value * interval '1 day')
                              from tocsin_data.settings s where s.name = 'retention_days')
     order by o.delivery_id limit 1000000))
$$;
comment on function tocsin_internal.purge_answer_headers(timestamptz) is
  'Removes the headers of answers to deliveries older than the retention time, 1,000,000 at most.';
