// Answers plain reads that memory has before Elysia sees them: on a busy system most requests are such.
import { Elysia } from 'elysia';
import type { Config } from '../config.ts';
import type { Cache, Cached } from '../store/cache.ts';
import type { RateCounter, RateVerdict } from '../store/rate_counter.ts';
import { plainCorsHeaders, safetyHeaders } from './browser_headers.ts';
import type { Caller, Credentials } from './credentials.ts';
import type { Drain } from './drain.ts';
import { bodyOf, hitHeaders, isKnownTo } from './hot_reads.ts';
import { keyOf, ruleOf, TagLists } from './hot_rules.ts';
import { requestIdOf } from './request_id.ts';
import { pathOf } from './request_path.ts';

export interface QuickHitDeps {
  config: Pick<Config, 'environment' | 'corsOrigins' | 'rateLimitWindowSeconds'>;
  cache: Cache | undefined;
  credentials: Pick<Credentials, 'recall'>;
  rates: RateCounter;
}

type Serve = (request: Request) => unknown;
type Hit = { cached: Cached; caller: Caller };

/**
 * For the whole app, inside what measures requests. It answers only where no guard has anything to say: credentials that were
 * seen before, within their limit, in production, from no page of a browser, and not while the process drains. All else takes
 * the way through Elysia and hot_reads.ts, where the same answer has the same headers.
 */
export const quickHits = (deps: QuickHitDeps, drain: Pick<Drain, 'isDraining'>) => {
  const plugin = new Elysia({ name: 'quick_hits' });
  const { cache, config } = deps;
  if (cache === undefined || config.environment === 'development') return plugin;
  const quick = new QuickHits(cache, deps, drain);
  return plugin.wrap(((serve: Serve) => (request: Request) => quick.serve(request, serve)) as never);
};

class QuickHits {
  readonly #tags = new TagLists();
  readonly #whole: HeaderBlock;
  readonly #bodiless: HeaderBlock;

  constructor(
    private readonly cache: Cache,
    private readonly deps: QuickHitDeps,
    private readonly drain: Pick<Drain, 'isDraining'>,
  ) {
    const headers = { ...safetyHeaders, ...plainCorsHeaders(deps.config), ...hitHeaders };
    this.#bodiless = new HeaderBlock(headers);
    this.#whole = new HeaderBlock({ ...headers, 'content-type': 'application/json' });
  }

  serve(request: Request, serve: Serve): unknown {
    const hit = this.#find(request);
    if (hit === undefined) return serve(request);
    const { rateSubject, rateLimit } = hit.caller;
    const verdict = this.deps.rates.checkRateLimit(rateSubject, rateLimit, this.deps.config.rateLimitWindowSeconds);
    // One that is refused is not counted, so that it may be asked about again, by who says so to the caller.
    const end = (found: RateVerdict) => (found.isAllowed ? this.#respond(request, hit.cached, found) : serve(request));
    return verdict instanceof Promise ? verdict.then(end) : end(verdict);
  }

  #find(request: Request): Hit | undefined {
    if (request.method !== 'GET' || this.drain.isDraining) return undefined;
    const path = pathOf(request.url);
    const rule = ruleOf(path);
    if (rule === undefined) return undefined;
    const { headers } = request;
    const authorization = headers.get('authorization');
    if (authorization === null || headers.has('origin')) return undefined;
    const caller = this.deps.credentials.recall(authorization, headers.get('x-tenant'));
    if (caller === undefined) return undefined;
    const cached = this.cache.find(keyOf(caller.tenant_id, path), this.#tags.of(caller.tenant_id, rule));
    return cached === undefined || cached.isMissing ? undefined : { cached, caller };
  }

  #respond({ headers }: Request, cached: Cached, verdict: RateVerdict): Response {
    this.cache.countHit();
    const isKnown = isKnownTo(headers.get('if-none-match'), cached.etag);
    const block = isKnown ? this.#bodiless : this.#whole;
    const init = { headers: block.fill(requestIdOf(headers), cached.etag, verdict), status: isKnown ? 304 : 200 };
    return new Response(isKnown ? null : bodyOf(cached), init);
  }
}

/** The headers of one kind of answer, made once: a Response copies them, so that only what has changed is set anew. */
class HeaderBlock {
  readonly #headers: Headers;
  readonly #last = { etag: '', limit: -1, resetAt: -1 };

  constructor(headers: Record<string, string>) {
    this.#headers = new Headers(headers);
  }

  fill(requestId: string, etag: string, { limit, remaining, resetAt }: RateVerdict): Headers {
    const headers = this.#headers;
    const last = this.#last;
    headers.set('x-request-id', requestId);
    headers.set('x-ratelimit-remaining', String(remaining));
    if (etag !== last.etag) headers.set('etag', etag);
    if (limit !== last.limit) headers.set('x-ratelimit-limit', String(limit));
    if (resetAt !== last.resetAt) headers.set('x-ratelimit-reset', String(resetAt));
    last.etag = etag;
    last.limit = limit;
    last.resetAt = resetAt;
    return headers;
  }
}
