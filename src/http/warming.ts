// Loads what is read most before anybody asks: on request, and by itself after the start.
import type { Cache } from '../store/cache.ts';
import type { Caller } from './auth.ts';
import type { Deps } from './deps.ts';
import type { HotReads } from './hot_reads.ts';

/** What a page of the dashboard and most scripts read first. */
const FIRST_PATHS = [
  'dashboard/overview',
  'dashboard/performance',
  'dashboard/webhooks',
  'webhooks',
  'alerts',
  'deliveries',
].map((path) => `/api/v1/${path}`);
const PATHS_MAX = 200;
const TENANTS_MAX = 20;
const WEBHOOKS_MAX = 20;

/**
 * Loads for one tenant the dashboards, the first pages, what this process was asked for lately and, while that is little, the
 * first webhooks: one after another, so that it is never more than one reader among others. Returns how many were loaded.
 */
export async function warmTenant(
  { cache, api }: Pick<Deps, 'cache' | 'api'>,
  hotReads: Pick<HotReads, 'warm'>,
  caller: Caller,
  request: Request,
): Promise<number> {
  if (cache === undefined) return 0;
  const known = knownPaths(cache, caller.tenant_id);
  const first = [...FIRST_PATHS];
  if (known.length < WEBHOOKS_MAX) {
    const webhooks = await api.webhooks.list_webhooks({ p_tenant_id: caller.tenant_id, p_limit: WEBHOOKS_MAX });
    first.push(...webhooks.map(({ id }) => `/api/v1/webhooks/${id}`));
  }
  return hotReads.warm(caller, request, [...new Set([...first, ...known])].slice(0, PATHS_MAX));
}

/**
 * The same for the first tenants, for a server that has just begun to answer: it also opens connections, prepares statements and
 * compiles routes, so that the first readers do not wait for that. Resolves with how many answers were loaded; never rejects.
 */
export async function warmFirstTenants(deps: Deps, hotReads: Pick<HotReads, 'warm'>): Promise<number> {
  const request = new Request('http://localhost/', { headers: { host: 'localhost' } });
  let warmed = 0;
  try {
    const tenants = deps.cache === undefined ? [] : await deps.api.tenants.list_tenants({ p_limit: TENANTS_MAX });
    for (const tenant of tenants) warmed += await warmTenant(deps, hotReads, reader(tenant), request);
    deps.log.debug('warmed the cache', { warmed_entries: warmed });
  } catch (error) {
    deps.log.debug('could not warm the cache', { error });
  }
  return warmed;
}

/** The most used lately first. */
function knownPaths(cache: Cache, tenantId: number): string[] {
  const own = `${tenantId}|`;
  return cache
    .keys()
    .filter((key) => key.startsWith(own))
    .map((key) => key.slice(own.length));
}

/** Nobody in particular, who may read what any viewer of the tenant may. */
function reader({ id, name }: { id: number; name: string }): Caller {
  const rateSubject = `${id}:warming`;
  const limits = { rateSubject, rateLimit: 1, expiresAtMs: undefined };
  return { tenant_id: id, tenant: name, subject: 'warming', role: 'viewer', ...limits };
}
