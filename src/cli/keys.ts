// `tocsin keys`: creates, lists and revokes the API keys of a tenant.
import { readConfig } from '../config.ts';
import { makeApiKey } from '../http/api_key.ts';
import { DEFAULT_TENANT } from '../http/token.ts';
import { createLog } from '../log.ts';
import { createShutdown } from '../shutdown.ts';
import { type Api, makeApi } from '../store/api.ts';
import { CliError, exitCodes, type Line, UsageError } from './command.ts';
import { readDuration } from './duration.ts';
import { minuteOf, printJson, printTable } from './print.ts';
import { openDatabase } from './program.ts';
import { readRole } from './token.ts';

/** Standard output has the new key and nothing else. */
export function createKey(line: Line): Promise<number> {
  const name = line.text('name');
  if (name === undefined) throw new UsageError('--name must say what the key is for.');
  const expires = line.text('expires');
  const expiresAtMs = expires === undefined ? undefined : Date.now() + readDuration(expires, '--expires');
  const p_expires_at = expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString();
  const p_role = readRole(line.text('role') ?? '');
  const p_rate_limit = readLimit(line.text('rate-limit'));
  return withTenant(line, async (api, p_tenant_id) => {
    const key = makeApiKey();
    await api.api_keys.create_api_key({
      p_tenant_id,
      p_name: name,
      p_role,
      p_key_hash: key.hash,
      p_key_prefix: key.prefix,
      p_rate_limit,
      p_expires_at,
    });
    if (line.isJson) printJson({ key: key.text, name, role: p_role, expires_at: p_expires_at ?? null });
    else console.log(key.text);
    console.error('This is the only time that the key is shown.');
  });
}

export function listKeys(line: Line): Promise<number> {
  return withTenant(line, async (api, p_tenant_id) => {
    const keys = await api.api_keys.list_api_keys({ p_tenant_id, p_include_revoked: line.has('all'), p_limit: 1000 });
    if (line.isJson) return printJson(keys);
    printTable(
      ['ID', 'NAME', 'ROLE', 'KEY', 'LIMIT', 'CREATED', 'LAST USED', 'ENDS'],
      keys.map((key) => [
        key.id,
        key.name,
        key.role,
        `${key.key_prefix}…`,
        key.rate_limit,
        minuteOf(key.created_at),
        minuteOf(key.last_used_at),
        key.revoked_at === null ? minuteOf(key.expires_at) : `revoked ${minuteOf(key.revoked_at)}`,
      ]),
    );
  });
}

export function revokeKey(line: Line): Promise<number> {
  const [id = ''] = line.operands;
  if (!/^\d{1,9}$/.test(id)) throw new UsageError('Say which key to revoke by its ID of `tocsin keys list`.');
  return withTenant(line, (api, p_tenant_id) => api.api_keys.revoke_api_key({ p_tenant_id, p_api_key_id: Number(id) }));
}

async function withTenant(line: Line, run: (api: Api, tenantId: number) => unknown): Promise<number> {
  // What the log says goes where it does not mix with a key.
  const log = createLog({ level: 'warn', write: (text) => void process.stderr.write(text) });
  const shutdown = createShutdown({ log });
  try {
    const { sql } = await openDatabase({ config: readConfig(), log, shutdown });
    const api = makeApi(sql);
    const tenant = await api.tenants.get_tenant({ p_name: line.text('tenant') ?? DEFAULT_TENANT });
    if (tenant === null) throw new CliError('There is no tenant of this name.', exitCodes.missing);
    await Promise.resolve(run(api, tenant.id)).catch(rethrowPlainly);
  } finally {
    await shutdown.run('done');
  }
  return exitCodes.done;
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('--rate-limit must be a whole number of requests per window.');
  return Number(text);
}

/** What our SQL functions refuse is said in their words; anything else is a bug and keeps its stack. */
function rethrowPlainly(error: unknown): never {
  const { code, message, hint } = error as { code?: string; message: string; hint?: string };
  if (!['INVLD', 'NTFND', 'STALE'].includes(code ?? '')) throw error;
  throw new CliError(
    [message, hint].filter(Boolean).join(' '),
    code === 'NTFND' ? exitCodes.missing : exitCodes.failed,
  );
}
