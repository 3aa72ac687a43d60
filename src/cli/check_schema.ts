// Checks of `tocsin doctor` about what is ours in the database: the schema, the roles, the sealed secrets, the workers.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { canMigrate, restrictUrl, SERVER_ROLE } from '../store/access.ts';
import { type Api, makeApi } from '../store/api.ts';
import { readKeyFile } from '../store/key_file.ts';
import { readTouchableTables } from '../store/server_facts.ts';
import type { Sql } from '../store/sql.ts';
import { readSqlSources } from '../store/sql_sources.ts';
import { makeVault, type Vault } from '../store/vault.ts';
import { type Finding, failure, ok, warning } from './checkup.ts';

const LATE_SECONDS = 60;
const SEALED_MAX = 100_000;
const BATCH = 500;

/** @param isKeyKnown false when SECRET_KEY itself is wrong, so that nothing can be said about what it sealed */
export async function checkSchema(sql: Sql, url: string, config: Config, isKeyKnown: boolean): Promise<Finding[]> {
  const api = makeApi(sql);
  const schema = await checkVersion(sql, api);
  if (schema.status === 'failure') return [schema];
  return [
    schema,
    await checkRole(sql, url, config),
    ...(isKeyKnown ? [await checkSealed(api, config)] : []),
    ...(await checkDelivery(api)),
  ];
}

async function checkVersion(sql: Sql, api: Api): Promise<Finding> {
  const sources = readSqlSources();
  const tables = sources.tables.map(({ name }) => name).sort();
  const upgrade = (await canMigrate(sql)) ? 'Run tocsin migrate.' : "Run tocsin migrate as the schema's owner.";
  try {
    const state = await api.system.get_schema_state();
    if (state === null) return failure('schema', 'There is none.', upgrade);
    const isOlder = state.tables.every((name) => tables.includes(name));
    if (state.rebuilt_sha256 === sources.rebuiltSha256 && Bun.deepEquals(state.tables, tables))
      return ok('schema', `that of this version, ${tables.length} table files`);
    return isOlder
      ? failure('schema', 'It is not that of this version.', upgrade)
      : failure('schema', 'It is that of a newer Tocsin.', 'Use that version, or see docs about going back.');
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (['42883', '3F000'].includes(code)) return failure('schema', 'There is none.', upgrade);
    const advice = `Make the user of DATABASE_URL a member of ${SERVER_ROLE}, or run tocsin migrate as the owner.`;
    return failure('schema', `It is not open to this user: ${message}`, advice);
  }
}

async function checkRole(sql: Sql, url: string, { environment }: Config): Promise<Finding> {
  const touchable = await readTouchableTables(sql, SERVER_ROLE);
  const advice = 'Run tocsin migrate as a user who may create roles; see docs/DEPLOYMENT.md.';
  if (touchable === undefined)
    return warning('roles', `There is no role ${SERVER_ROLE}: servers keep all rights of their user.`, advice);
  if (touchable.length > 0) {
    const names = `${touchable.slice(0, 3).join(', ')}${touchable.length > 3 ? ' …' : ''}`;
    const repair = `In schema tocsin_data, revoke all on all tables and usage on the schema from ${SERVER_ROLE} and from public.`;
    return failure('roles', `${SERVER_ROLE} can touch ${touchable.length} tables itself: ${names}.`, repair);
  }
  let refusal: string | undefined;
  await restrictUrl(url, (reason) => {
    refusal = reason;
  });
  if (refusal === undefined) return ok('roles', `serves as ${SERVER_ROLE}, which touches no table`);
  const detail = `${SERVER_ROLE} cannot be taken, so servers keep all rights of their user: ${refusal}`;
  return {
    check: 'roles',
    status: environment === 'production' ? 'failure' : 'warning',
    detail,
    advice: `grant ${SERVER_ROLE} to that user.`,
  };
}

/** Without making a key, as a starting server would. */
function openKeys({ encryptionKey, secretKey }: Config): Vault | undefined {
  const filed = readKeyFile(join(process.cwd(), '.tocsin/encryption.key'));
  const keys = [...(encryptionKey?.split(',').map((key) => key.trim()) ?? []), secretKey, filed];
  const given = keys.filter((key): key is string => key !== undefined && key !== '');
  return given.length === 0 ? undefined : makeVault(given);
}

async function checkSealed({ webhooks }: Api, config: Config): Promise<Finding> {
  const vault = openKeys(config);
  let [count, unopened] = [0, 0];
  for (const p_purpose of ['webhook_secret', 'webhook_headers'] as const) {
    for (let p_after_id = 0; count < SEALED_MAX; ) {
      // No key has an empty id: so these are all.
      const rows = await webhooks.list_sealed({ p_purpose, p_key_id: '', p_after_id, p_limit: BATCH });
      count += rows.length;
      for (const { sealed } of rows) if (!canOpen(vault, sealed, p_purpose)) unopened++;
      if (rows.length < BATCH) break;
      p_after_id = rows.at(-1)?.id ?? p_after_id;
    }
  }
  if (unopened === 0) return ok('sealed secrets', `all ${count} open`);
  const advice = 'Put the key that sealed them back, behind the new one: ENCRYPTION_KEY=new,old.';
  return failure(
    'sealed secrets',
    `${unopened} of ${count} do not open with ENCRYPTION_KEY or SECRET_KEY: nothing can be sent there.`,
    advice,
  );
}

function canOpen(vault: Vault | undefined, sealed: string, purpose: 'webhook_secret' | 'webhook_headers'): boolean {
  try {
    vault?.open(sealed, purpose);
    return vault !== undefined;
  } catch {
    return false;
  }
}

async function checkDelivery({ system }: Api): Promise<Finding[]> {
  const health = await system.get_system_health();
  const near = health.tenants_near_queue_limit;
  if (near === 0) return [checkWorkers(health), ok('queue limits', 'no tenant is near its own')];
  const advice = 'The view tocsin.v_queue_limits names them; see docs/OPERATIONS.md#tocsin_queue_near_limit.';
  const whose = near === 1 ? 'One tenant has' : `${near} tenants have`;
  return [
    checkWorkers(health),
    warning('queue limits', `${whose} used 80 % of the queue limit or more: beyond it raising is refused.`, advice),
  ];
}

type Health = Awaited<ReturnType<Api['system']['get_system_health']>>;

function checkWorkers({ workers, oldest_due_seconds, queue_depth, parked, scheduled }: Health): Finding {
  const detail = `${workers} alive, ${queue_depth} deliveries queued, ${scheduled} for later, ${parked} parked`;
  if (workers === 0)
    return warning('workers', 'None is alive: nothing is delivered.', 'Start tocsin serve or tocsin work.');
  if ((oldest_due_seconds ?? 0) > LATE_SECONDS) {
    const late = `${detail}, the oldest ${Math.round(oldest_due_seconds)} s late`;
    return warning(
      'workers',
      late,
      'Start more with tocsin work, or raise WORKER_CONCURRENCY; see docs/OPERATIONS.md.',
    );
  }
  return ok('workers', detail);
}
