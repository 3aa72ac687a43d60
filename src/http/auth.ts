// Says who is calling: routes that use it get `caller`, and strangers get 401 before anything else is looked at.
import { Elysia } from 'elysia';
import type { Config } from '../config.ts';
import type { Caller, Credentials } from './credentials.ts';
import { Problem } from './problem.ts';
import { limitRate, type RateLimitDeps } from './rate_limit.ts';
import { unauthenticated } from './roles.ts';
import { DEFAULT_TENANT } from './token.ts';

export type { Caller };

export interface AuthDeps extends RateLimitDeps {
  config: Pick<Config, 'environment' | 'corsOrigins' | 'rateLimit' | 'rateLimitDevelopment' | 'rateLimitWindowSeconds'>;
  credentials: Pick<Credentials, 'identify'>;
}

/** The tenant `default`, which the schema makes first. */
const DEFAULT_TENANT_ID = 1;
const UNKNOWN_ADDRESS = 'unknown';

/** Callers that were admitted before their request reached its route (see hot_reads.ts): nobody is counted twice. */
const admitted = new WeakMap<Request, Caller>();

/**
 * The caller of every route that is registered after it in the same plugin, with the requests counted. In `derive`, which
 * runs before validation. What the caller may do there is asked by `operation`.
 */
export const auth = (deps: AuthDeps) =>
  new Elysia({ name: 'auth' }).derive({ as: 'scoped' }, async ({ request, server, set }) => {
    const addressOf = () => server?.requestIP(request)?.address ?? UNKNOWN_ADDRESS;
    const caller = admitted.get(request) ?? (await admit(deps, request, addressOf, set.headers));
    admitted.set(request, caller);
    return { caller };
  });

/** Passes a caller on to the route of a request that is handled from within. */
export function admitAs(request: Request, caller: Caller): void {
  admitted.set(request, caller);
}

/** Who was admitted with this request, if anybody. */
export function admittedCaller(request: Request): Caller | undefined {
  return admitted.get(request);
}

/**
 * Knows the caller and counts the request; at once, without a promise, for credentials that were seen before.
 * @param headers of the answer: they get what there is to say about limits, whether or not the request is let in
 * @throws Problem 401, 403, 429
 */
export function admit(
  deps: AuthDeps,
  request: Request,
  addressOf: () => string,
  headers: Record<string, unknown>,
): Caller | Promise<Caller> {
  const count = (caller: Caller) => {
    const counted = limitRate(deps, caller.rateSubject, caller.rateLimit, headers);
    return counted instanceof Promise ? counted.then(() => caller) : caller;
  };
  // Strangers are counted by where they come from, and only when they fail: none can use up the limit of a good caller.
  const refuse = async (error: unknown): Promise<never> => {
    if (error instanceof Problem && error.status === 401) {
      await limitRate(deps, `address:${addressOf()}`, deps.config.rateLimit, headers);
    }
    throw error;
  };
  let caller: Caller | Promise<Caller>;
  try {
    caller = identify(deps, request, addressOf);
  } catch (error) {
    return refuse(error);
  }
  return caller instanceof Promise ? caller.then(count, refuse) : count(caller);
}

/**
 * Who sends a request, without counting it.
 * @throws Problem 401, 403
 */
export function identify(
  { config, credentials }: AuthDeps,
  { headers }: Request,
  addressOf: () => string,
): Caller | Promise<Caller> {
  const authorization = headers.get('authorization');
  const tenant = headers.get('x-tenant');
  if (authorization !== null) return credentials.identify(authorization, tenant);
  if (config.environment === 'development' && isLocal(addressOf(), headers)) return developer(config, tenant);
  throw unauthenticated('Credentials are needed.');
}

function developer({ rateLimitDevelopment }: AuthDeps['config'], tenant: string | null): Caller {
  if (tenant !== null && tenant !== DEFAULT_TENANT) {
    throw new Problem('PERMISSION_DENIED', 'Only the role platform may act in another tenant by x-tenant.');
  }
  return {
    tenant_id: DEFAULT_TENANT_ID,
    tenant: DEFAULT_TENANT,
    subject: 'development',
    role: 'admin',
    rateSubject: 'development',
    rateLimit: rateLimitDevelopment,
    expiresAtMs: undefined,
  };
}

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
function isLocal(address: string, headers: Headers): boolean {
  const isForwarded = headers.has('forwarded') || headers.has('x-forwarded-for');
  return /^(?:::ffff:)?127\.|^::1$/.test(address) && !isForwarded;
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(name);
}
