// `tocsin doctor`: looks at everything that a server needs, says what is wrong, and what to do about it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { readConfigAnyway } from '../config_anyway.ts';
import { startEmbedded } from '../store/embedded.ts';
import { greet, readServerFolder } from '../store/server_facts.ts';
import { openSql } from '../store/sql.ts';
import { checkDatabaseDisk, checkKeys, checkListeners, checkLogFile, checkPort, checkSpace } from './check_machine.ts';
import { checkRedis } from './check_redis.ts';
import { checkSchema } from './check_schema.ts';
import { checkServer } from './check_server.ts';
import { type Finding, type FindingStatus, failure, ok, warning } from './checkup.ts';
import { exitCodes, type Line } from './command.ts';
import { plainText, printJson } from './print.ts';

const CONNECT_MS_MAX = 5_000;
const marks: Record<FindingStatus, string> = { ok: '✓ ok', warning: '! warning', failure: '✗ failure' };
const colours: Record<FindingStatus, string> = { ok: '32', warning: '33', failure: '31' };

/** Changes nothing. Resolves with 1 when one of its findings is a failure. */
export async function runDoctor(line: Line): Promise<number> {
  const findings: Finding[] = [];
  const tell = (...found: Finding[]) => {
    findings.push(...found);
    if (!line.isJson) for (const finding of found) print(finding);
  };
  const { config, problems } = readConfigAnyway();
  tell(...checkConfiguration(config, problems));
  const isKeyKnown = !problems.some((problem) => /^(?:SECRET|ENCRYPTION)_KEY /.test(problem));
  tell(...(isKeyKnown ? checkKeys(config) : []), ...checkLogFile(config), await checkPort(config));
  if (!problems.some((problem) => problem.startsWith('DATABASE_URL'))) await checkDatabase(config, isKeyKnown, tell);
  tell(await checkRedis(config), ...(await checkListeners(config)));
  const count = (wanted: FindingStatus) => findings.filter(({ status }) => status === wanted).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  if (line.isJson) printJson({ is_sound: failures === 0, failures, warnings, findings });
  else console.log(`\n${count('ok')} ok, ${warnings} warnings, ${failures} failures`);
  return failures === 0 ? exitCodes.done : exitCodes.failed;
}

function checkConfiguration({ environment, apiWorkers, debug }: Config, problems: readonly string[]): Finding[] {
  const found = problems.map((problem) =>
    failure('configuration', problem, 'Correct it: tocsin serve does not start.'),
  );
  if (environment === 'production' && debug)
    found.push(warning('configuration', 'DEBUG is on in production.', 'Unset DEBUG.'));
  const processes = `${apiWorkers} ${apiWorkers === 1 ? 'process' : 'processes'}`;
  return found.length > 0 ? found : [ok('configuration', `${environment}, ${processes}`)];
}

async function checkDatabase(config: Config, isKeyKnown: boolean, tell: (...found: Finding[]) => void): Promise<void> {
  if (config.databaseUrl !== undefined) return checkAt(config.databaseUrl, config, isKeyKnown, tell);
  const directory = join(process.cwd(), '.tocsin/postgres');
  if (!existsSync(directory)) return tell(ok('database', 'embedded; tocsin serve makes it in .tocsin/ here'));
  tell(checkSpace('disk', directory));
  const embedded = await startEmbedded({ directory }).catch((error: Error) => error);
  if (embedded instanceof Error)
    return tell(failure('database', embedded.message, 'See .tocsin/postgres.log and docs/OPERATIONS.md.'));
  await checkAt(embedded.url, config, isKeyKnown, tell).finally(() => embedded.stop());
}

async function checkAt(
  url: string,
  config: Config,
  isKeyKnown: boolean,
  tell: (...found: Finding[]) => void,
): Promise<void> {
  const sql = openSql(url, { max: 1, applicationName: 'tocsin doctor', connectTimeoutMs: CONNECT_MS_MAX });
  try {
    await greet(sql);
    const { host, port, database, user } = sql.options;
    tell(ok('database', `${database} as ${user} at ${String(host)}:${String(port)}`));
    if (config.databaseUrl !== undefined) tell(checkDatabaseDisk(String(host), await readServerFolder(sql)));
    tell(...(await checkServer(sql, config)));
    tell(...(await checkSchema(sql, url, config, isKeyKnown)));
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    tell(failure('database', `It cannot be used: ${message}`, adviceFor(code)));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function adviceFor(code: string): string {
  if (code === '28P01' || code === '28000') return 'Correct user and password in DATABASE_URL, and see pg_hba.conf.';
  if (code === '3D000') return 'Create it: createdb, then tocsin migrate.';
  if (code === '42501') return 'Connect as a user with the rights of docs/DEPLOYMENT.md.';
  if (code === '53300')
    return 'All its connections are taken: raise max_connections, or lower DB_POOL_MAX of the others.';
  return 'Start PostgreSQL, or correct host and port in DATABASE_URL; see its firewall and listen_addresses.';
}

function print({ check, status, detail, advice }: Finding): void {
  const mark = marks[status].padEnd(9);
  const shown = process.stdout.isTTY ? `\x1b[${colours[status]}m${mark}\x1b[0m` : mark;
  console.log(`${shown}  ${check.padEnd(17)}  ${plainText(detail)}`);
  if (advice !== undefined) console.log(`${' '.repeat(30)}→ ${advice}`);
}
