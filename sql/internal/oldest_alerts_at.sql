create function tocsin_internal.oldest_alerts_at() returns timestamptz
language sql stable as $$
  select min(to_date(right(c.relname, 8), 'YYYYMMDD'))::timestamp at time zone 'UTC'
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'tocsin_data.alerts'::regclass
$$;
comment on function tocsin_internal.oldest_alerts_at() is 'Where the oldest partition of alerts begins: nothing older is left.';
