create function tocsin_internal.history_levels()
returns table (partitioned_table text, step_seconds integer, days_kept integer, partition_days integer)
language sql immutable parallel safe as $$
  values ('history_minutes', 60, 7, 1), ('history_five_minutes', 300, 30, 5), ('history_hours', 3600, 90, 15),
         ('alert_type_counts', null, 30, 5)
$$;
comment on function tocsin_internal.history_levels() is
  'The partitioned tables of the history: the length of a period in them, for how many days they are kept, and how many days a partition spans.';
