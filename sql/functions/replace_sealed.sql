-- Compared with what was read: a rotation in between has sealed something newer.
create or replace function tocsin.replace_sealed(p_purpose text, p_ids bigint[], p_sealed text[], p_resealed text[]) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_secrets integer; v_headers integer;
begin
  perform tocsin_internal.check_choice(p_purpose, '{webhook_secret,webhook_headers}', '/purpose');
  update tocsin_data.webhook_secrets s set secret_sealed = n.resealed
    from unnest(p_ids, p_sealed, p_resealed) as n(id, sealed, resealed)
   where p_purpose = 'webhook_secret' and s.secret_id = n.id and s.secret_sealed = n.sealed;
  get diagnostics v_secrets = row_count;
  update tocsin_data.webhooks w set headers_sealed = n.resealed
    from unnest(p_ids, p_sealed, p_resealed) as n(id, sealed, resealed)
   where p_purpose = 'webhook_headers' and w.webhook_id = n.id and w.headers_sealed = n.sealed;
  get diagnostics v_headers = row_count;
  return v_secrets + v_headers;
end
$$;
comment on function tocsin.replace_sealed(text, bigint[], text[], text[]) is
  'Puts what was sealed anew in the place of sealed secrets or headers that are still as they were read; returns how many. Writes webhook_secrets or webhooks, and so webhook_lanes; raises INVLD.';
