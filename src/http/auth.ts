// Says who is calling: routes that use it get `caller`, and strangers get 401 before anything else is looked at.
import { Elysia } from 'elysia';
import type { Config } from '../config.ts';
import { Problem } from './problem.ts';

export type Role = 'viewer' | 'operator' | 'admin';

export interface Caller {
  tenant_id: number;
  /** Whose name stands in `acknowledged_by` and in logs. */
  subject: string;
  role: Role;
}

/** The tenant `default`, which the schema makes first. */
const DEFAULT_TENANT_ID = 1;
const developer: Caller = { tenant_id: DEFAULT_TENANT_ID, subject: 'development', role: 'admin' };

/** The caller of every route that is registered after it in the same plugin. In `derive`, which runs before validation. */
export const auth = ({ environment }: Pick<Config, 'environment'>) =>
  new Elysia({ name: 'auth' }).derive({ as: 'scoped' }, ({ request, server }) => {
    const address = server?.requestIP(request)?.address;
    if (environment === 'development' && isLocal(address, request.headers)) return { caller: developer };
    throw new Problem('UNAUTHENTICATED', 'Credentials are needed.', [], {
      'www-authenticate': 'Bearer realm="tocsin"',
    });
  });

/**
 * In development, keeps web pages out, which reach this machine through its browser: it answers only loopback host names
 * (a name of theirs may resolve to loopback) and refuses writes from pages of another origin.
 */
export const developmentGuard = ({ environment, corsOrigins }: Pick<Config, 'environment' | 'corsOrigins'>) =>
  new Elysia({ name: 'development_guard' }).onRequest(({ request }) => {
    if (environment !== 'development') return;
    const host = request.headers.get('host') ?? '';
    if (!isLoopbackHost(host)) {
      throw new Problem(
        'PERMISSION_DENIED',
        'In development only loopback host names are answered, such as localhost.',
      );
    }
    const origin = request.headers.get('origin');
    if (origin === null || ['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return;
    if (origin !== `http://${host}` && !corsOrigins.includes(origin)) {
      throw new Problem('PERMISSION_DENIED', 'In development writes from pages of another origin are refused.');
    }
  });

/** A forwarded request has come through a proxy on this machine, from who knows where. */
function isLocal(address: string | undefined, headers: Headers): boolean {
  const isForwarded = headers.has('forwarded') || headers.has('x-forwarded-for');
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address) && !isForwarded;
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name);
}
