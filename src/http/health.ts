// Routes under /health, for probes and monitors: they need no credentials and show figures only.
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import type { Cache } from '../store/cache.ts';
import { NO_STORE } from './answers.ts';
import { statsOf } from './cache.ts';
import type { Deps } from './deps.ts';
import { operation } from './operation.ts';

/** A database that does not answer within this time is away. */
const DATABASE_MS_MAX = 2_000;

const nullableNumber = Type.Union([Type.Number(), Type.Null()]);
const status = (...words: string[]) => Type.Union(words.map((word) => Type.Literal(word)));
const alive = Type.Object(
  { status: status('healthy'), timestamp: Type.String({ format: 'date-time' }) },
  { title: 'Alive' },
);
const readiness = Type.Object({ status: status('ready', 'unavailable') }, { title: 'Readiness' });
const deep = Type.Object(
  {
    status: status('healthy', 'degraded', 'unhealthy'),
    timestamp: Type.String({ format: 'date-time' }),
    database: Type.Object({
      status: status('healthy', 'unhealthy'),
      response_time_ms: nullableNumber,
      pool: Type.Object({ max: Type.Integer() }),
    }),
    processes: Type.Object(
      { count: Type.Integer(), restarts: Type.Integer() },
      { description: 'That serve now, and how often one of them ended unasked and was started again.' },
    ),
    cache: Type.Object({ status: Type.String(), hit_rate: nullableNumber, l1: Type.Unknown(), l2: Type.Unknown() }),
    webhooks: Type.Object({ status: Type.String(), active_count: nullableNumber, failed_count: nullableNumber }),
    delivery: Type.Object(
      {
        queue_depth: nullableNumber,
        scheduled: nullableNumber,
        parked: nullableNumber,
        sending: nullableNumber,
        oldest_due_seconds: nullableNumber,
        workers: nullableNumber,
        tenants_near_queue_limit: nullableNumber,
      },
      {
        description:
          'queue_depth is due now or soon, up to 100,000; scheduled are retries for later, parked wait for a webhook that is disabled or ' +
          'whose breaker is open, sending are under way. Above 10,000, scheduled and parked are ' +
          'what the statistics of PostgreSQL say.',
      },
    ),
  },
  { title: 'SystemHealth' },
);

/** Liveness without touching the database, readiness, and the health of the whole. Mounted at the root and under the API's base. */
export const health = (
  deps: Pick<Deps, 'api' | 'sql' | 'cache' | 'scoreboard'>,
  { isHidden }: { isHidden: boolean },
) => {
  const { live, liveToo, ready, system } = operations(isHidden);
  return new Elysia({ name: 'health', seed: isHidden, prefix: '/health' })
    .onBeforeHandle(({ set }) => {
      set.headers['cache-control'] = NO_STORE;
    })
    .get('/', () => isAlive(), live)
    .get('/live', () => isAlive(), liveToo)
    .get(
      '/ready',
      async ({ status }) => {
        const { row } = await ask(deps);
        return row ? { status: 'ready' } : status(503, { status: 'unavailable' });
      },
      ready,
    )
    .get(
      '/deep',
      async ({ status }) => {
        const { row, ms } = await ask(deps);
        return status(row ? 200 : 503, {
          status: row ? (row.workers === 0 || deps.cache?.l2Status === 'away' ? 'degraded' : 'healthy') : 'unhealthy',
          timestamp: new Date().toISOString(),
          database: {
            status: row ? 'healthy' : 'unhealthy',
            response_time_ms: row ? ms : null,
            pool: { max: deps.sql.options.max },
          },
          processes: processesOf(deps.scoreboard),
          cache: cacheHealth(deps.cache),
          webhooks: {
            status: row ? (row.failed_webhooks > 0 ? 'degraded' : 'healthy') : 'unknown',
            active_count: row?.active_webhooks ?? null,
            failed_count: row?.failed_webhooks ?? null,
          },
          delivery: {
            queue_depth: row?.queue_depth ?? null,
            scheduled: row?.scheduled ?? null,
            parked: row?.parked ?? null,
            sending: row?.sending ?? null,
            oldest_due_seconds: row?.oldest_due_seconds ?? null,
            workers: row?.workers ?? null,
            tenants_near_queue_limit: row?.tenants_near_queue_limit ?? null,
          },
        });
      },
      system,
    );
};

const operations = (isHidden: boolean) => {
  const base = { tag: 'health', isOpen: true, isHidden };
  return {
    live: operation('health', { ...base, summary: 'Whether the server runs', answers: { 200: alive } }, {}),
    liveToo: operation('health_live', { ...base, summary: 'Whether the server runs', answers: { 200: alive } }, {}),
    ready: operation(
      'health_ready',
      {
        ...base,
        summary: 'Whether the server can work, database included',
        answers: { 200: readiness, 503: readiness },
      },
      {},
    ),
    system: operation(
      'get_system_health',
      {
        ...base,
        summary: 'Health of the whole system',
        description:
          'degraded when no worker delivers or Redis is away; unhealthy, with status 503, while PostgreSQL is away.',
        answers: { 200: deep, 503: deep },
      },
      {},
    ),
  };
};

/** Without Redis, where it is configured, the server is slower, not wrong. */
function cacheHealth(cache: Cache | undefined) {
  const { hit_rate, l1, l2 } = statsOf(cache);
  return { status: cache === undefined ? 'disabled' : l2.status === 'away' ? 'degraded' : 'healthy', hit_rate, l1, l2 };
}

function processesOf(scoreboard: Deps['scoreboard']) {
  const { processes: count, restarts } = scoreboard?.server ?? { processes: 1, restarts: 0 };
  return { count, restarts };
}

function isAlive() {
  return { status: 'healthy', timestamp: new Date().toISOString() };
}

/** The figures, or no row when the database is away. */
async function ask({ api }: Pick<Deps, 'api'>) {
  const startedAt = performance.now();
  const tooLate = Promise.withResolvers<null>();
  const timer = setTimeout(() => tooLate.resolve(null), DATABASE_MS_MAX);
  const asked = api.system.get_system_health().catch(() => null);
  const row = await Promise.race([asked, tooLate.promise]);
  clearTimeout(timer);
  return { row, ms: Math.round((performance.now() - startedAt) * 10) / 10 };
}
