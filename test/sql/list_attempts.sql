do $$
declare
  v_other integer := pg_temp.make_tenant('other');
  v_hook integer := pg_temp.make_webhook(p_max_retries => 2);
  v_id bigint;
begin
  perform tocsin.raise_alert('x', 'tried three times');
  v_id := (select l.id from tocsin.list_deliveries(1) l);
  assert not exists (select from tocsin.list_attempts(1, v_id));
  perform pg_temp.work('failed', 500, 'http_500: the receiver answered 500');
  perform tocsin.retry_delivery(v_id);
  perform pg_temp.work('failed', null, 'timeout: there was no answer within 30000 ms');
  perform tocsin.retry_delivery(v_id);
  perform pg_temp.work('failed', 404, 'http_404: the receiver answered 404');
  assert (select array_agg(a.attempt) = '{1,2,3}' and string_agg(a.status, ' ') = 'retrying retrying failed'
            and array_agg(a.status_code) = '{500,NULL,404}' from tocsin.list_attempts(1, v_id) a);
  assert (select bool_and(a.error is not null and a.response_ms = 12 and a.response_body = 'answer') from tocsin.list_attempts(1, v_id) a);
  assert (select array_agg(a.next_attempt_at is null) = '{f,f,t}' from tocsin.list_attempts(1, v_id) a);
  -- The headers of failing answers come beside; what is told twice, or of nothing, does no harm.
  perform tocsin.keep_answer_headers(array[v_id, v_id, 7], '{3,1,1}', '{"{\"allow\": \"GET\"}","{\"server\": \"x\"}","{}"}');
  perform tocsin.keep_answer_headers(array[v_id], '{3}', '{"{\"allow\": \"PUT\"}"}');
  assert (select array_agg(a.response_headers ->> 'allow') = '{NULL,NULL,GET}' and array_agg(a.response_headers ->> 'server') = '{x,NULL,NULL}'
            from tocsin.list_attempts(1, v_id) a);
  perform tocsin.maintain_partitions(30);
  assert (select array_agg(h.delivery_id) = array[v_id, v_id] from tocsin_data.answer_headers h), 'the old one is forgotten';
  assert not exists (select from tocsin.list_attempts(v_other, v_id)) and not exists (select from tocsin.list_attempts(1, v_id + 1));
end
$$;
