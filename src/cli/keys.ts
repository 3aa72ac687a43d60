// `tocsin keys`: creates, lists and revokes the API keys of a tenant.
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { makeApiKey } from '../http/api_key.ts';
import { DEFAULT_TENANT } from '../http/token.ts';
import { createLog } from '../log.ts';
import { createShutdown } from '../shutdown.ts';
import { type Api, makeApi } from '../store/api.ts';
import { readDuration } from './duration.ts';
import { openDatabase } from './program.ts';
import { readRole } from './token.ts';

const usage = `tocsin keys create --name ci --role operator [--tenant acme] [--rate-limit 5000] [--expires 90d]
tocsin keys list [--tenant acme] [--all]
tocsin keys revoke ID [--tenant acme]`;

const options = {
  tenant: { type: 'string', default: DEFAULT_TENANT },
  name: { type: 'string' },
  role: { type: 'string', default: 'viewer' },
  'rate-limit': { type: 'string' },
  expires: { type: 'string' },
  all: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/**
 * Standard output has only what was asked for: the new key, or the list.
 * @throws Error in plain words
 */
export async function runKeys(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [action, id] = positionals;
  const run = {
    create: (api: Api, tenantId: number) => create(api, tenantId, values),
    list: (api: Api, tenantId: number) => list(api, tenantId, values.all),
    revoke: (api: Api, tenantId: number) => revoke(api, tenantId, id),
  }[action ?? ''];
  if (!run || positionals.length > (action === 'revoke' ? 2 : 1)) throw new Error(usage);
  // What the log says goes where it does not mix with a key.
  const log = createLog({ level: 'warn', write: (line) => void process.stderr.write(line) });
  const shutdown = createShutdown({ log });
  try {
    const { sql } = await openDatabase({ config: readConfig(), log, shutdown });
    const api = makeApi(sql);
    const tenant = await api.tenants.get_tenant({ p_name: values.tenant });
    if (tenant === null) throw new Error('There is no tenant of this name.');
    await run(api, tenant.id).catch(rethrowPlainly);
  } finally {
    await shutdown.run('done');
  }
  return 0;
}

async function create(api: Api, p_tenant_id: number, values: Values): Promise<void> {
  if (values.name === undefined) throw new Error('--name must say what the key is for.');
  const key = makeApiKey();
  const expires = values.expires === undefined ? undefined : Date.now() + readDuration(values.expires, '--expires');
  await api.api_keys.create_api_key({
    p_tenant_id,
    p_name: values.name,
    p_role: readRole(values.role),
    p_key_hash: key.hash,
    p_key_prefix: key.prefix,
    p_rate_limit: readLimit(values['rate-limit']),
    p_expires_at: expires === undefined ? undefined : new Date(expires).toISOString(),
  });
  console.log(key.text);
  console.error('This is the only time that the key is shown.');
}

async function list(api: Api, p_tenant_id: number, p_include_revoked: boolean): Promise<void> {
  const keys = await api.api_keys.list_api_keys({ p_tenant_id, p_include_revoked, p_limit: 1000 });
  const head = ['ID', 'NAME', 'ROLE', 'KEY', 'LIMIT', 'CREATED', 'LAST USED', 'ENDS'];
  const rows = keys.map((key) => [
    String(key.id),
    key.name,
    key.role,
    `${key.key_prefix}…`,
    key.rate_limit === null ? '-' : String(key.rate_limit),
    minuteOf(key.created_at),
    minuteOf(key.last_used_at),
    key.revoked_at === null ? minuteOf(key.expires_at) : `revoked ${minuteOf(key.revoked_at)}`,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

async function revoke(api: Api, p_tenant_id: number, id: string | undefined): Promise<void> {
  if (id === undefined || !/^\d{1,9}$/.test(id))
    throw new Error('Say which key to revoke by its ID of `tocsin keys list`.');
  await api.api_keys.revoke_api_key({ p_tenant_id, p_api_key_id: Number(id) });
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error('--rate-limit must be a whole number of requests per window.');
  return Number(text);
}

function minuteOf(time: string | null): string {
  return time === null ? '-' : time.slice(0, 16).replace('T', ' ');
}

/** What our SQL functions refuse is said in their words; anything else is a bug and keeps its stack. */
function rethrowPlainly(error: unknown): never {
  const { code, message, hint } = error as { code?: string; message: string; hint?: string };
  if (!['INVLD', 'NTFND', 'STALE'].includes(code ?? '')) throw error;
  throw new Error([message, hint].filter(Boolean).join(' '), { cause: error });
}
