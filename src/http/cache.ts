// Routes under /cache: what it holds, filling it, and emptying it.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { Cache } from '../store/cache.ts';
import { NO_STORE } from './answers.ts';
import { auth, type Caller } from './auth.ts';
import type { Deps } from './deps.ts';
import type { HotReads } from './hot_reads.ts';
import { operation, strict } from './operation.ts';
import { warmTenant } from './warming.ts';

const tag = 'cache';
const nouns = ['webhooks', 'alerts', 'dashboard', 'all'] as const;

const count = Type.Integer({ minimum: 0 });
const level = Type.Object({
  status: Type.Union(['ready', 'away', 'disabled'].map((word) => Type.Literal(word))),
  hits: count,
  entries: Type.Optional(count),
  size_bytes: Type.Optional(count),
});
const stats = Type.Object(
  {
    hit_rate: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Hits of both levels by all requests, since the start.',
    }),
    total_requests: count,
    cache_hits: count,
    cache_misses: count,
    evicted_entries: count,
    current_size_bytes: count,
    max_size_bytes: count,
    l1: level,
    l2: level,
  },
  { title: 'CacheStats' },
);
const warmed = Type.Object({
  status: Type.Literal('success'),
  warmed_entries: count,
  duration_ms: Type.Number(),
  timestamp: Type.String({ format: 'date-time' }),
});
const invalidated = Type.Object({ invalidated: count, total_entries: count });
const invalidation = strict({
  keys: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 2000 }), {
      maxItems: 1000,
      description: 'Paths below /api/v1, with their query: webhooks/42.',
    }),
  ),
  pattern: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
      description: 'Of such paths; * stands for anything. The first / may be written as a colon: webhooks:*.',
    }),
  ),
});

const readStats = operation(
  'get_cache_stats',
  { tag, summary: 'What the cache holds and spares', answers: { 200: stats } },
  {},
);
const warm = operation('warm_cache', { tag, summary: 'Load what is read most', answers: { 200: warmed } }, {});
const invalidate = operation(
  'invalidate_cache',
  { tag, summary: 'Drop entries by key or pattern', answers: { 200: invalidated } },
  { body: invalidation },
);
const invalidateNoun = operation(
  'invalidate_cache_of',
  { tag, summary: 'Drop the entries of a noun', answers: { 200: invalidated } },
  { params: strict({ noun: Type.Union(nouns.map((noun) => Type.Literal(noun))) }) },
);

/** Looking into the cache, warming and invalidating it. Callers reach the entries of their own tenant only. */
export const cache = (deps: Deps, hotReads: HotReads) => {
  const drop = (caller: Caller, patterns: readonly string[]) => {
    const dropped = hotReads.drop(caller, patterns);
    return { invalidated: dropped, total_entries: deps.cache?.stats().entries ?? 0 };
  };
  return new Elysia({ name: 'cache', prefix: '/cache' })
    .use(auth(deps))
    .get(
      '/stats',
      ({ set }) => {
        set.headers['cache-control'] = NO_STORE;
        return statsOf(deps.cache);
      },
      readStats,
    )
    .post(
      '/warm',
      async ({ caller, request }) => {
        const startedAt = performance.now();
        const warmed_entries = await warmTenant(deps, hotReads, caller, request);
        const duration_ms = Math.round((performance.now() - startedAt) * 10) / 10;
        return { status: 'success' as const, warmed_entries, duration_ms, timestamp: new Date().toISOString() };
      },
      warm,
    )
    .post(
      '/invalidate',
      ({ caller, body }) => {
        // An asterisk in a key stands for itself nowhere: no path of ours has one.
        const keys = (body.keys ?? []).map(pathOf).filter((key) => !key.includes('*'));
        return drop(caller, body.pattern ? [...keys, pathOf(body.pattern)] : keys);
      },
      invalidate,
    )
    .post(
      '/invalidate/:noun',
      ({ caller, params: { noun } }) => drop(caller, [noun === 'all' ? '*' : `${noun}*`]),
      invalidateNoun,
    );
};

/** `webhooks:*` and `/api/v1/webhooks/*` mean `webhooks/*`. */
function pathOf(key: string): string {
  return key
    .replace(/^\/?api\/v1\//, '')
    .replace(/^(\w+):/, '$1/')
    .replace(/^(\w+)\/\*$/, '$1*');
}

/** The figures of `GET /cache/stats`. */
export function statsOf(cache: Cache | undefined) {
  const { l1Hits = 0, l2Hits = 0, misses = 0, evicted = 0, entries = 0, bytes = 0 } = cache?.stats() ?? {};
  const hits = l1Hits + l2Hits;
  const total = hits + misses;
  return {
    hit_rate: total === 0 ? 0 : Math.round((hits / total) * 10_000) / 10_000,
    total_requests: total,
    cache_hits: hits,
    cache_misses: misses,
    evicted_entries: evicted,
    current_size_bytes: bytes,
    max_size_bytes: cache?.bytesMax ?? 0,
    l1: { status: cache ? 'ready' : 'disabled', hits: l1Hits, entries, size_bytes: bytes },
    l2: { status: cache?.l2Status ?? 'disabled', hits: l2Hits },
  };
}
