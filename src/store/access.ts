// Decides with which rights this program uses the database: the owner of the schemas migrates, the server may only call functions.
import { makeApi } from './api.ts';
import { MigrateError } from './migrate_error.ts';
import { openSql, type Sql } from './sql.ts';
import { readSqlSources, type SqlSources } from './sql_sources.ts';

/** The role that sql/grants.sql makes: it may call functions and read views of schema tocsin, and touch no table. */
export const SERVER_ROLE = 'tocsin_server';

/** Whether the user of this pool can migrate: who owns the schemas, or may create them where there are none. */
export async function canMigrate(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ can_migrate: boolean }[]>`
    select coalesce((select pg_catalog.pg_has_role(n.nspowner, 'usage') from pg_catalog.pg_namespace n where n.nspname = 'tocsin'),
      true) as can_migrate`;
  return row?.can_migrate ?? true;
}

/**
 * For a user who may not migrate: makes sure that somebody else did.
 * @param allowNewer see MigrateOptions
 * @throws MigrateError when the database is of another version, or the user may not even call our functions
 */
export async function checkSchema(sql: Sql, sources: SqlSources = readSqlSources(), allowNewer = false): Promise<void> {
  const state = await makeApi(sql)
    .system.get_schema_state()
    .catch((error: { code?: string }) => {
      // Insufficient privilege, no such function, no such schema: what is there is not for us, or older than this check.
      if (['42501', '42883', '3F000'].includes(error.code ?? '')) return null;
      throw error;
    });
  const tables = sources.tables.map(({ name }) => name).sort();
  const ours = allowNewer ? state?.tables.filter((name) => tables.includes(name)) : state?.tables;
  if (state?.rebuilt_sha256 === sources.rebuiltSha256 && Bun.deepEquals(ours, tables)) return;
  throw new MigrateError(
    `The user ${sql.options.user} may not migrate this database, and its schema is not that of this Tocsin, or not open to ` +
      `that user. Run \`tocsin migrate\` as the schema's owner, and make the user a member of ${SERVER_ROLE}.`,
  );
}

/**
 * The address with which to serve: sessions begin in the server's role, whatever the user may do besides. The same address
 * when that cannot be had.
 * @param onRefused called with the server's words when there is no such role for this user, a pooler keeps us from taking it, or
 * it was made after the last upgrade and has no rights yet
 */
export async function restrictUrl(url: string, onRefused: (reason: string) => void): Promise<string> {
  const restricted = new URL(url);
  restricted.searchParams.set('role', SERVER_ROLE);
  const sql = openSql(restricted.href, { max: 1, applicationName: 'tocsin start' });
  try {
    await sql`select from tocsin.get_schema_state()`;
    return restricted.href;
  } catch (error) {
    onRefused((error as Error).message);
    return url;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
