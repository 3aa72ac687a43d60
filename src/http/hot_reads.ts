// Answers reads from the cache before they reach their route, and puts the cache out of date after writes.
import { Elysia } from 'elysia';
import type { Cache, CacheAnswer, Cached, CacheSource, Loaded } from '../store/cache.ts';
import { takeHeaders } from './answers.ts';
import { type AuthDeps, admit, admitAs, admittedCaller, type Caller } from './auth.ts';
import { keyOf, keysLike, type Rule, ruleOf, TagLists, tagsLike, tagsWritten } from './hot_rules.ts';
import { Problem, type ProblemCode } from './problem.ts';
import { pathOf } from './request_path.ts';
import type { SingleReads } from './single_reads.ts';

export interface HotReadDeps extends AuthDeps {
  cache: Cache | undefined;
}

export interface HotReads {
  /** For all routes that are registered after it. */
  plugin: ReturnType<typeof makePlugin>;
  /** Reads these paths as this caller would, as far as they are not cached; returns how many were loaded. */
  warm(caller: Caller, request: Request, paths: readonly string[]): Promise<number>;
  /**
   * Drops what matches these patterns of paths below `/api/v1/`: in this process by key, everywhere else all that might match.
   * Returns how many entries this process had.
   */
  drop(caller: Caller, patterns: readonly string[]): number;
}

const KEY_CHARACTERS_MAX = 2_000;

/**
 * @param singles what of a miss needs no route
 * @param throughRoutes the whole app: all other misses go through their route like any request, only with its caller known already
 */
export function makeHotReads(
  deps: HotReadDeps,
  singles: Pick<SingleReads, 'find'>,
  throughRoutes: (request: Request) => Promise<Response>,
): HotReads {
  const { cache } = deps;
  const reader = new Reader(singles, throughRoutes);
  return {
    plugin: makePlugin(deps, reader),
    async warm(caller, request, paths) {
      let warmed = 0;
      for (const path of cache === undefined ? [] : paths) {
        const rule = ruleOf(path);
        if (rule === undefined) continue;
        const at = new Request(`http://localhost${path}`, { headers: request.headers });
        const answered = await reader
          .read(cache as Cache, at, { path, rule, caller, requestId: crypto.randomUUID() })
          .catch(() => undefined);
        if (answered?.source === 'miss') warmed++;
      }
      return warmed;
    },
    drop({ tenant_id }, patterns) {
      let dropped = 0;
      for (const pattern of cache === undefined ? [] : patterns) {
        dropped += cache?.drop(keysLike(tenant_id, pattern)) ?? 0;
        for (const tag of tagsLike(tenant_id, pattern)) cache?.invalidate(tag);
      }
      return dropped;
    },
  };
}

function makePlugin(deps: HotReadDeps, reader: Reader) {
  const { cache } = deps;
  return new Elysia({ name: 'hot_reads' })
    .onRequest(({ request, set, server }) => {
      if (cache === undefined || request.method !== 'GET' || reader.isOwn(request)) return;
      const path = pathOf(request.url);
      const rule = ruleOf(path);
      if (rule === undefined || path.length > KEY_CHARACTERS_MAX) return;
      const addressOf = () => server?.requestIP(request)?.address ?? 'unknown';
      const caller = admit(deps, request, addressOf, set.headers);
      const respond = (known: Caller) => reader.respond(cache, request, path, rule, known, set as Setting);
      return caller instanceof Promise ? caller.then(respond) : respond(caller);
    })
    .onAfterHandle({ as: 'global' }, ({ request }) => {
      if (cache === undefined || request.method === 'GET') return;
      const caller = admittedCaller(request);
      if (caller === undefined) return;
      // Before the answer: whoever has it must not read the old value any more.
      for (const tag of tagsWritten(caller.tenant_id, pathOf(request.url))) cache.invalidate(tag);
    });
}

type Texts = Record<string, string>;
type Setting = { headers: Texts };
type Reading = { path: string; rule: Rule; caller: Caller; requestId: string };

/** Thrown by a load whose answer is not to be kept: everyone who waited for it gets a copy. */
class Uncached {
  constructor(readonly response: Response) {}
}

class Reader {
  readonly #own = new WeakSet<Request>();
  readonly #tags = new TagLists();

  constructor(
    private readonly singles: Pick<SingleReads, 'find'>,
    private readonly throughRoutes: (request: Request) => Promise<Response>,
  ) {}

  /** Whether the request is one that this makes for a miss. */
  isOwn(request: Request): boolean {
    return this.#own.has(request);
  }

  respond(cache: Cache, request: Request, path: string, rule: Rule, caller: Caller, set: Setting) {
    const known = request.headers.get('if-none-match');
    const hit = cache.peek(keyOf(caller.tenant_id, path), this.#tags.of(caller.tenant_id, rule));
    if (hit !== undefined) return answer(hit, 'l1', known, set);
    const requestId = set.headers['x-request-id'] as string;
    return this.read(cache, request, { path, rule, caller, requestId }).then(
      ({ cached, source }) => answer(cached, source, known, set),
      (error: unknown) => {
        if (!(error instanceof Uncached)) throw error;
        const copy = error.response.clone();
        for (const [name, value] of Object.entries(takeHeaders(set))) copy.headers.set(name, String(value));
        return copy;
      },
    );
  }

  read(cache: Cache, request: Request, { path, rule, caller, requestId }: Reading): Promise<CacheAnswer> {
    const tags = this.#tags.of(caller.tenant_id, rule);
    const load = () => this.#load(request, path, caller, requestId);
    return cache.read(keyOf(caller.tenant_id, path), tags, load, rule);
  }

  #load(request: Request, path: string, caller: Caller, requestId: string): Promise<Loaded> {
    const single = this.singles.find(path);
    return single ? loadSingle(single(caller.tenant_id)) : this.#loadRoute(request, path, caller, requestId);
  }

  async #loadRoute(request: Request, path: string, caller: Caller, requestId: string): Promise<Loaded> {
    const host = request.headers.get('host') ?? '';
    // Whatever host was asked for: the answer is kept for those who ask for another.
    const again = new Request(`http://localhost${path}`, { headers: { host, 'x-request-id': requestId } });
    this.#own.add(again);
    admitAs(again, caller);
    const response = await this.throughRoutes(again);
    if (response.status === 404) return { text: await response.text(), isMissing: true };
    if (response.status !== 200 || !response.headers.has('etag')) throw new Uncached(response);
    return { text: await response.text() };
  }
}

async function loadSingle(reading: Promise<unknown>): Promise<Loaded> {
  try {
    return { text: JSON.stringify(await reading) };
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
    const { errorCode: error_code, detail } = error;
    return { text: JSON.stringify({ error_code, detail }), isMissing: true };
  }
}

function answer(cached: Cached, source: CacheSource, ifNoneMatch: string | null, set: Setting): Response {
  if (cached.isMissing) throw problemOf(cached);
  const headers = takeHeaders(set);
  headers.etag = cached.etag;
  headers['x-cache'] = source;
  headers['cache-control'] = hitHeaders['cache-control'];
  if (isKnownTo(ifNoneMatch, cached.etag)) return new Response(null, { status: 304, headers });
  headers['content-type'] = 'application/json';
  return new Response(bodyOf(cached), { headers });
}

/** Of an answer from memory, besides what it has by itself. */
export const hitHeaders = { 'x-cache': 'l1', 'cache-control': 'private, no-cache' };

/** Whether a caller has the answer already, or any (RFC 9110, 13.1.2). */
export function isKnownTo(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch !== null && (ifNoneMatch === etag || ifNoneMatch === '*' || ifNoneMatch.includes(etag));
}

export function bodyOf(cached: Cached): Blob {
  cached.body ??= new Blob([cached.bytes as Uint8Array<ArrayBuffer>]);
  return cached.body;
}

/** As the route said it, for problems.ts to write anew with the time and path of this request. */
function problemOf({ bytes }: Cached): Problem {
  const text = new TextDecoder().decode(bytes);
  const { error_code, detail } = JSON.parse(text) as { error_code: ProblemCode; detail: string };
  return new Problem(error_code, detail);
}
