// What `tocsin doctor` asks a PostgreSQL server: its settings, what holds it back, and who may do what.
import type { Sql } from './sql.ts';

/** Settings by their names, as `current_setting` shows them in their own unit. */
export type Settings = Record<string, { value: string; unit: string | null }>;

export interface ServerFacts {
  version_number: number;
  is_standby: boolean;
  /** Of the database, in bytes. */
  size_bytes: number;
  connections_max: number;
  connections_reserved: number;
  oldest_transaction_seconds: number | null;
  /** Sessions of other users that hold a snapshot of an age that this user may not see. */
  hidden_transactions: number;
  oldest_prepared_seconds: number | null;
  /** Slots that nobody reads · the most that one of them keeps, in bytes. */
  idle_slots: number;
  slot_bytes_max: number | null;
  /** Where the partitions of alerts or their log end that end first, as an id; null without any. */
  partition_end_id: number | null;
}

const settingNames =
  `fsync full_page_writes synchronous_commit autovacuum autovacuum_naptime shared_buffers max_wal_size
  checkpoint_timeout wal_compression idle_in_transaction_session_timeout`.split(/\s+/);

/** Rejects, as any first query would, when the server cannot be used. */
export async function greet(sql: Sql): Promise<void> {
  await sql`select 1`;
}

export async function readSettings(sql: Sql): Promise<Settings> {
  const rows = await sql<{ name: string; setting: string; unit: string | null }[]>`
    select s.name, s.setting, s.unit from pg_catalog.pg_settings s where s.name = any(${settingNames})`;
  return Object.fromEntries(rows.map(({ name, setting, unit }) => [name, { value: setting, unit }]));
}

export async function readServerFacts(sql: Sql): Promise<ServerFacts> {
  const [facts] = await sql<ServerFacts[]>`
    select current_setting('server_version_num')::integer as version_number, pg_is_in_recovery() as is_standby,
           pg_database_size(current_database()) as size_bytes,
           current_setting('max_connections')::integer as connections_max,
           current_setting('superuser_reserved_connections')::integer as connections_reserved,
           (select extract(epoch from now() - min(a.xact_start))::double precision from pg_catalog.pg_stat_activity a
             where a.backend_xmin is not null and a.pid <> pg_backend_pid() and a.datname = current_database())
             as oldest_transaction_seconds,
           (select count(*)::integer from pg_catalog.pg_stat_activity a
             where a.backend_xmin is not null and a.xact_start is null and a.pid <> pg_backend_pid()
               and a.datname = current_database()) as hidden_transactions,
           (select extract(epoch from now() - min(p.prepared))::double precision from pg_catalog.pg_prepared_xacts p
             where p.database = current_database())
             as oldest_prepared_seconds,
           (select count(*) from pg_catalog.pg_replication_slots s where not s.active) as idle_slots,
           (select max(case when pg_is_in_recovery() then null
                       else pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) end) from pg_catalog.pg_replication_slots s
             where not s.active) as slot_bytes_max,
           (select min(e.end_id) from (
              select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO [(]''?([0-9]+)')::bigint) as end_id
                from pg_catalog.pg_inherits i
                join pg_catalog.pg_class c on c.oid = i.inhrelid
                join pg_catalog.pg_class p on p.oid = i.inhparent
                join pg_catalog.pg_namespace n on n.oid = p.relnamespace
               where n.nspname = 'tocsin_data' and p.relname in ('alerts', 'alert_delivery_log', 'idempotency_keys')
               group by p.oid) e) as partition_end_id`;
  return facts as ServerFacts;
}

/** Where the server keeps its files; undefined where its user may not be told. */
export async function readServerFolder(sql: Sql): Promise<string | undefined> {
  const [row] = await sql<{ setting: string }[]>`
    select s.setting from pg_catalog.pg_settings s where s.name = 'data_directory'`;
  return row?.setting;
}

/** How far the server's clock is ahead of ours, in milliseconds, give or take half of the returned round trip. */
export async function readClockSkew(sql: Sql): Promise<{ skewMs: number; roundTripMs: number }> {
  const readings: { skewMs: number; roundTripMs: number }[] = [];
  for (let i = 0; i < 5; i++) {
    const before = Date.now();
    const [row] = await sql<{ ms: number }[]>`select extract(epoch from clock_timestamp()) * 1000 as ms`;
    const roundTripMs = Date.now() - before;
    readings.push({ skewMs: Math.round((row?.ms ?? before) - before - roundTripMs / 2), roundTripMs });
  }
  // The quickest answer says it best.
  return readings.reduce((best, each) => (each.roundTripMs < best.roundTripMs ? each : best));
}

/** Tables of ours that this role may read or write itself; none for one that serves as it should. */
export async function readTouchableTables(sql: Sql, role: string): Promise<string[] | undefined> {
  const known = await sql`select from pg_catalog.pg_roles r where r.rolname = ${role}`;
  if (known.count === 0) return undefined;
  const rows = await sql<{ name: string }[]>`
    select c.relname::text as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'tocsin_data' and c.relkind in ('r', 'p')
       and has_schema_privilege(${role}, n.oid, 'usage')
       and has_table_privilege(${role}, c.oid, 'select, insert, update, delete, truncate')
     order by 1`;
  return rows.map(({ name }) => name);
}
