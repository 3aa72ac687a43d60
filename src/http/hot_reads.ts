// Answers reads from the cache before they reach their route, and puts the cache out of date after writes.
import { Elysia } from 'elysia';
import type { Cache, Cached, CacheSource, ReadOptions } from '../store/cache.ts';
import type { Tag } from '../store/epochs.ts';
import { HEALTH_TAG } from '../store/invalidate.ts';
import { type AuthDeps, admit, admitAs, admittedCaller, type Caller } from './auth.ts';

export interface HotReadDeps extends AuthDeps {
  cache: Cache | undefined;
}

/** What reads of a noun depend on, and for how long they hold although nothing was announced. */
interface Rule extends ReadOptions {
  /** Nouns of the caller's tenant: a write to one of them, through whichever process, counts at once. */
  nouns: readonly string[];
  isHealth?: boolean;
}

const PREFIX = '/api/v1/';
/**
 * Settings are announced exactly. Figures that move with every delivery are not announced at all: they may be as old as this.
 */
const rules: Readonly<Record<string, Rule>> = {
  webhooks: { nouns: ['webhooks', 'deliveries'], isHealth: true, ttlMs: 2_000 },
  alerts: { nouns: ['alerts', 'deliveries'], ttlMs: 1_000 },
  deliveries: { nouns: ['deliveries', 'webhooks'], ttlMs: 1_000 },
  dashboard: { nouns: ['webhooks'], ttlMs: 2_000, staleMs: 10_000 },
};
/** What a write to a noun puts out of date. */
const written: Readonly<Record<string, readonly string[]>> = {
  webhooks: ['webhooks', 'deliveries'],
  alerts: ['alerts', 'deliveries'],
  deliveries: ['deliveries'],
};

const KEY_CHARACTERS_MAX = 2_000;
const TENANTS_MAX = 10_000;

/** Thrown by a load whose answer is not to be kept: everyone who waited for it gets a copy. */
class Uncached {
  constructor(readonly response: Response) {}
}

/**
 * `plugin` is for all routes that are registered after it.
 * @param handle the whole app: a miss goes through its route like any request, only with its caller known already
 */
export function makeHotReads(deps: HotReadDeps, handle: (request: Request) => Promise<Response>) {
  const inner = new WeakSet<Request>();
  const tags = new Tags();

  async function load(request: Request, caller: Caller, requestId: string): Promise<string> {
    const host = request.headers.get('host') ?? '';
    const again = new Request(request.url, { headers: { host, 'x-request-id': requestId } });
    inner.add(again);
    admitAs(again, caller);
    const response = await handle(again);
    if (response.status !== 200 || !response.headers.has('etag')) throw new Uncached(response);
    return response.text();
  }

  function respond(cache: Cache, path: string, noun: string, caller: Caller, request: Request, headers: Headers_) {
    const rule = rules[noun] as Rule;
    const key = `${caller.tenant_id}|${path}`;
    const dependsOn = tags.of(caller.tenant_id, noun, rule);
    const known = request.headers.get('if-none-match');
    const hit = cache.peek(key, dependsOn);
    if (hit !== undefined) return answer(hit, 'l1', known, headers);
    const requestId = headers['x-request-id'] as string;
    return cache
      .read(key, dependsOn, () => load(request, caller, requestId), rule)
      .then(
        ({ cached, source }) => answer(cached, source, known, headers),
        (error: unknown) => {
          if (!(error instanceof Uncached)) throw error;
          const copy = error.response.clone();
          for (const [name, value] of Object.entries(headers)) copy.headers.set(name, String(value));
          return copy;
        },
      );
  }

  /** Reads these paths as this caller would, as far as they are not cached; returns how many were loaded. */
  async function warm(caller: Caller, request: Request, paths: readonly string[]): Promise<number> {
    const { cache } = deps;
    if (cache === undefined) return 0;
    let warmed = 0;
    for (const path of paths) {
      const rule = rules[nounOf(path) ?? ''];
      if (rule === undefined) continue;
      const at = new Request(new URL(path, request.url), { headers: request.headers });
      const dependsOn = tags.of(caller.tenant_id, nounOf(path) as string, rule);
      const read = () => load(at, caller, crypto.randomUUID());
      const answered = await cache.read(`${caller.tenant_id}|${path}`, dependsOn, read, rule).catch(() => undefined);
      if (answered?.source === 'miss') warmed++;
    }
    return warmed;
  }

  const plugin = new Elysia({ name: 'hot_reads' })
    .onRequest(({ request, set, server }) => {
      const { cache } = deps;
      if (cache === undefined || request.method !== 'GET' || inner.has(request)) return;
      const { url } = request;
      const path = url.slice(url.indexOf('/', 8));
      const noun = nounOf(path);
      if (noun === undefined || rules[noun] === undefined || path.length > KEY_CHARACTERS_MAX) return;
      const addressOf = () => server?.requestIP(request)?.address ?? 'unknown';
      const caller = admit(deps, request, addressOf, set.headers);
      const headers = set.headers as Headers_;
      return caller instanceof Promise
        ? caller.then((late) => respond(cache, path, noun, late, request, headers))
        : respond(cache, path, noun, caller, request, headers);
    })
    .onAfterHandle({ as: 'global' }, async ({ request }) => {
      if (deps.cache === undefined || request.method === 'GET') return;
      const caller = admittedCaller(request);
      const noun = nounOf(request.url.slice(request.url.indexOf('/', 8)));
      if (caller === undefined || noun === undefined) return;
      // Before the answer: whoever has it must not read the old value any more.
      await Promise.all((written[noun] ?? []).map((each) => deps.cache?.invalidate(`${caller.tenant_id}:${each}`)));
    });
  return { plugin, warm };
}

export type HotReads = ReturnType<typeof makeHotReads>;

type Headers_ = Record<string, string>;

function answer(cached: Cached, source: CacheSource, ifNoneMatch: string | null, headers: Headers_): Response {
  headers.etag = cached.etag;
  headers['x-cache'] = source;
  headers['cache-control'] = 'private, no-cache';
  if (ifNoneMatch !== null && (ifNoneMatch === cached.etag || ifNoneMatch.includes(cached.etag))) {
    return new Response(null, { status: 304, headers });
  }
  headers['content-type'] = 'application/json';
  return new Response(cached.bytes as Uint8Array<ArrayBuffer>, { headers });
}

/** `webhooks` of `/api/v1/webhooks/42?…`. */
function nounOf(path: string): string | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  let end = PREFIX.length;
  for (; end < path.length; end++) {
    const code = path.charCodeAt(end);
    if (code === 47 || code === 63) break;
  }
  return path.slice(PREFIX.length, end);
}

/** The tag lists of tenants, made once: a hit makes no garbage. */
class Tags {
  readonly #lists = new Map<string, readonly Tag[]>();

  of(tenantId: number, noun: string, rule: Rule): readonly Tag[] {
    const key = `${tenantId}:${noun}`;
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = [...rule.nouns.map((each) => `${tenantId}:${each}`), ...(rule.isHealth ? [HEALTH_TAG] : [])];
      if (this.#lists.size >= TENANTS_MAX) this.#lists.clear();
      this.#lists.set(key, list);
    }
    return list;
  }
}
