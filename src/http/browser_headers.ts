// What browsers are told: who else's pages may read answers (CORS), and that no answer is ever a page, a script or a frame.
import { Elysia } from 'elysia';
import type { Config } from '../config.ts';

/** On every answer; pages of our own bring a policy of theirs. */
export const safetyHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** For the few answers that are pages. */
export const pageHeaders = (contentPolicy: string) => ({
  'content-security-policy': contentPolicy,
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
});

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'authorization, content-type, idempotency-key, if-none-match, x-request-id, x-tenant';
const ANSWER_HEADERS =
  'etag, location, retry-after, x-cache, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id';
const PREFLIGHT_SECONDS = '600';

/**
 * For every request, also those that are refused. Credentials come in the header `authorization` only, never by themselves, so
 * no answer allows cookies. @elysiajs/cors puts five headers on every answer, also to callers that are no browser, which took
 * a third to a half of the throughput of a hot read; and under `*` it marks answers as not cacheable.
 */
export const cors = ({ corsOrigins }: Pick<Config, 'corsOrigins'>) => {
  const isOpen = corsOrigins.includes('*');
  const plain = plainCorsHeaders({ corsOrigins });
  const allowed = new Set(corsOrigins);
  return new Elysia({ name: 'cors' }).onRequest(({ request, set }) => {
    Object.assign(set.headers, plain);
    const origin = request.headers.get('origin');
    if (origin === null) return;
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
    if (isOpen || allowed.has(origin)) {
      set.headers['access-control-allow-origin'] = isOpen ? '*' : origin;
      set.headers['access-control-expose-headers'] = ANSWER_HEADERS;
      if (isPreflight) Object.assign(set.headers, preflightHeaders);
    }
    if (isPreflight) return new Response(null, { status: 204, headers: set.headers as Record<string, string> });
  });
};

/** On every answer, also without an origin: a browser must not give one page what it kept for another. */
export function plainCorsHeaders({ corsOrigins }: Pick<Config, 'corsOrigins'>): Record<string, string> {
  return corsOrigins.includes('*') ? {} : { vary: 'origin' };
}

const preflightHeaders = {
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': REQUEST_HEADERS,
  'access-control-max-age': PREFLIGHT_SECONDS,
};
