// What every long-running command has: its configuration, a log, an orderly end, and a database that is up to date.
import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { appendTo, createLog, type Log } from '../log.ts';
import { lazyReports } from './reports.ts';
import { watchTerminal } from './terminal.ts';
import { createShutdown, type Shutdown, type ShutdownOptions } from '../shutdown.ts';
import { canMigrate, checkSchema, restrictUrl } from '../store/access.ts';
import { awaitServer } from '../store/await_server.ts';
import { CallPool } from '../store/call_pool.ts';
import { startEmbedded } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';
import { isLostGreeting, openSql, type Sql } from '../store/sql.ts';
import type { Tracing } from '../tracing.ts';

export interface Program {
  config: Config;
  log: Log;
  shutdown: Shutdown;
  /** Undefined until `startProgramTracing`, and where no endpoint is configured. */
  tracing?: Tracing;
}

export interface Database {
  /** With no more rights than a server needs: see sql/grants.sql. */
  url: string;
  /** For calls. */
  pool: CallPool;
  /** For the rest: to listen, which has a connection of its own, and for commands that end soon. */
  sql: Sql;
}

/**
 * Reads the environment, opens the log, and listens to signals.
 * @param stopping how the program stops, where that differs
 * @throws ConfigError
 */
export function startProgram(stopping: Partial<ShutdownOptions> = {}): Program {
  const config = readConfig();
  const log = openLog(config);
  const shutdown = createShutdown({ log, ...stopping });
  const stopAfter = (error: unknown) => {
    log.error('stopping after an unexpected error', { error });
    void shutdown.run('error').then(() => process.exit(1));
  };
  process.on('uncaughtException', stopAfter);
  process.on('unhandledRejection', (error) => {
    if (isLostGreeting(error)) log.warn('the database refused a connection', { error });
    else stopAfter(error);
  });
  stayOnHangUp(log, shutdown);
  return { config, log, shutdown };
}

/**
 * The user's PostgreSQL, or else the embedded one, with this version's schema. Both are left at the end of the program.
 * @throws Error in plain words when there is no usable server · MigrateError
 */
export async function openDatabase({ config, log, shutdown }: Program): Promise<Database> {
  let url = config.databaseUrl;
  if (url === undefined) {
    const directory = join(process.cwd(), '.tocsin/postgres');
    const embedded = await startEmbedded({ directory });
    shutdown.add('embedded PostgreSQL', () => embedded.stop());
    log.debug(embedded.isStartedHere ? 'started PostgreSQL' : 'joined PostgreSQL', { directory, pid: embedded.pid });
    url = embedded.url;
  }
  await prepareSchema(url, config, log);
  const servedUrl = await restrictUrl(url, (reason) => {
    log.warn('serving with all rights of the database user: the role tocsin_server cannot be taken', { reason });
  });
  const sql = openSql(servedUrl, { max: config.dbPoolMax });
  const pool = new CallPool(servedUrl, config.dbPoolMax);
  shutdown.add(
    'database pool',
    async () => void (await Promise.all([sql, pool].map((each) => each.end({ timeout: 5 })))),
  );
  return { url: servedUrl, pool, sql };
}

/** Migrates, or where the user may not, makes sure that it was done. */
async function prepareSchema(url: string, { allowNewerSchema: allowNewer }: Config, log: Log): Promise<void> {
  const sql = openSql(url, { max: 1, applicationName: 'tocsin migrate' });
  try {
    await awaitServer(sql, 30_000, (reason) => log.warn('waiting for the database', { reason }));
    if (!(await canMigrate(sql))) {
      await checkSchema(sql, undefined, allowNewer);
      return;
    }
    const { appliedTables, isRebuilt } = await migrate(sql, undefined, { allowNewer });
    if (isRebuilt) log.info('upgraded the schema', { applied_tables: appliedTables });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * The hang-up of its terminal ends a program. Sent by hand, SIGHUP means that the log file was renamed: the next line goes to a
 * new one in any case, so there is nothing more to do than to live on. The supervisor does more (see supervisor.ts).
 */
function stayOnHangUp(log: Log, shutdown: Shutdown): void {
  const isTerminalGone = watchTerminal();
  process.on('SIGHUP', () => {
    if (isTerminalGone()) void shutdown.run('hang-up').then((code) => process.exit(code));
    else log.info('reopened the log file');
  });
}

function openLog(config: Config): Log {
  const reports = lazyReports(config);
  const isTerminal = process.stdout.isTTY === true && config.environment === 'development';
  if (config.logFile === undefined) return createLog({ level: config.logLevel, pretty: isTerminal, reports });
  const append = appendTo(config.logFile);
  return createLog({
    level: config.logLevel,
    reports,
    write: (line) => {
      process.stdout.write(line);
      return append(line);
    },
  });
}
