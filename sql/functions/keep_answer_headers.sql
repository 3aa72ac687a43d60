create or replace function tocsin.keep_answer_headers(p_delivery_ids bigint[], p_attempts smallint[], p_headers text[])
returns void
language sql volatile security definer set search_path = '' as $$
  insert into tocsin_data.answer_headers (delivery_id, attempt, headers)
    select r.delivery_id, r.attempt, r.headers::jsonb
      from unnest(p_delivery_ids, p_attempts, p_headers) as r(delivery_id, attempt, headers)
     order by r.delivery_id, r.attempt
  on conflict do nothing
$$;
comment on function tocsin.keep_answer_headers(bigint[], smallint[], text[]) is
  'Keeps the headers of answers to attempts that failed, each a JSON object of texts; list_attempts shows them. Writes answer_headers.';
