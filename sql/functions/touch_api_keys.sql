create or replace function tocsin.touch_api_keys(p_api_key_ids integer[]) returns void
language sql volatile security definer set search_path = '' as $$
  -- In order of ids, as every other server does it: no two wait for each other.
  insert into tocsin_data.api_key_uses as u (api_key_id, last_used_at)
    select k.api_key_id, now() from tocsin_data.api_keys k where k.api_key_id = any (p_api_key_ids) order by k.api_key_id
  on conflict (api_key_id) do update set last_used_at = excluded.last_used_at where u.last_used_at < excluded.last_used_at
$$;
comment on function tocsin.touch_api_keys(integer[]) is
  'Notes that these API keys were used just now; a server calls it every few seconds for all that it has seen. Writes api_key_uses.';
