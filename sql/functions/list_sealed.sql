create or replace function tocsin.list_sealed(
  p_purpose text, p_key_id text, p_after_id bigint default 0, p_limit integer default 500)
returns table (id bigint, sealed text)
language plpgsql stable security definer set search_path = '' as $$
begin
  perform tocsin_internal.check_choice(p_purpose, '{webhook_secret,webhook_headers}', '/purpose');
  perform tocsin_internal.check_page(p_limit, 0);
  return query
    (select s.secret_id, s.secret_sealed from tocsin_data.webhook_secrets s
      where p_purpose = 'webhook_secret' and s.secret_id > p_after_id and split_part(s.secret_sealed, '.', 2) <> p_key_id
      order by s.secret_id limit p_limit)
    union all
    (select w.webhook_id::bigint, w.headers_sealed from tocsin_data.webhooks w
      where p_purpose = 'webhook_headers' and w.webhook_id > p_after_id and split_part(w.headers_sealed, '.', 2) <> p_key_id
      order by w.webhook_id limit p_limit);
end
$$;
comment on function tocsin.list_sealed(text, text, bigint, integer) is
  'Sealed secrets or headers of all webhooks, deleted ones too, whose key is not the one with this id: those after p_after_id, ascending. Raises INVLD.';
