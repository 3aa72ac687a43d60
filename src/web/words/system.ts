// Reads the deep health check: each part with its state, its figures, and what to do when it is not well.
import type { CacheStats, DeepHealth, Overview, SystemOverview } from '../api/dashboard_types.ts';
import type { HealthStatus } from '../api/types.ts';
import { bytes, count, counted, milliseconds, percent } from '../format/numbers.ts';
import { duration } from '../format/times.ts';
import { describeQueueLimit } from './pace.ts';

export interface Part {
  name: string;
  state: HealthStatus;
  /** What it measures. */
  figures: string;
  /** What to do; null when all is well. */
  advice: string | null;
  /** Where to do it, below the page's root. */
  path?: string;
}

/** @param system @param overview undefined while it is not known, or not answered */
export function listParts(health: DeepHealth, system?: SystemOverview, overview?: Overview): Part[] {
  const known = system ? [processes(system), pool(system), partitions(system)] : [];
  const waiting = [queue(health), ...queueLimit(health, overview)];
  return [database(health), ...waiting, workers(health, system), webhooks(health), ...cacheParts(health), ...known];
}

const DAY_SECONDS = 86_400;
/** Workers make partitions a week ahead: less than this means that none has for days. */
const RUNWAY_SECONDS_MIN = 3 * DAY_SECONDS;

function processes({ server: { processes, restarts, sockets } }: SystemOverview): Part {
  const again = restarts === 0 ? '' : `, ${counted(restarts, 'restart')} since the start`;
  return {
    name: 'Processes',
    state: 'healthy',
    figures: `${count(processes)} serving${again}, ${counted(sockets, 'page')} watching`,
    advice: restarts === 0 ? null : 'A process ended unasked and was started again: its log says why.',
  };
}

function pool({ server, database: { connections, connections_max } }: SystemOverview): Part {
  const { size, used, waiting } = server.pool;
  const isFull = connections > connections_max * 0.9;
  const state = waiting > 0 || isFull ? 'degraded' : 'healthy';
  const queued = waiting > 0 ? `, ${counted(waiting, 'call')} waiting` : '';
  return {
    name: 'Connections',
    state,
    figures: `${count(used)} of ${count(size)} in use${queued}; PostgreSQL has ${count(connections)} of ${count(connections_max)}`,
    advice: isFull
      ? 'PostgreSQL is nearly out of connections: lower DB_POOL_MAX, or raise max_connections.'
      : waiting > 0
        ? 'Calls wait for a connection: raise DB_POOL_MAX, or look for what keeps PostgreSQL busy.'
        : null,
  };
}

function partitions({ database }: SystemOverview): Part {
  const { partition_runway_seconds: runway, retention_days, log_partitions } = database;
  const isShort = runway < RUNWAY_SECONDS_MIN;
  return {
    name: 'Partitions',
    state: runway <= 0 ? 'unavailable' : isShort ? 'degraded' : 'healthy',
    figures: `${count(log_partitions)}, made ${duration(runway)} ahead, kept for ${counted(retention_days, 'day')}`,
    advice: isShort ? 'Workers make them, and none has for days: start one, and look at its log.' : null,
  };
}

/** Redis is asked for only when it is set up. */
function cacheParts({ cache }: DeepHealth): Part[] {
  if (!cache) return [];
  const memory: Part = {
    name: 'Cache in memory',
    state: 'healthy',
    figures: cache.hit_rate == null ? 'not asked yet' : `${percent(asPercent(cache.hit_rate))} of the reads answered`,
    advice: null,
  };
  const second = cache.l2?.status;
  const isOff = second === undefined || ['disabled', 'off', 'not_configured', 'none'].includes(second);
  if (isOff) return [memory];
  const isWell = ['healthy', 'ok', 'up', 'connected', 'ready'].includes(second);
  return [
    memory,
    {
      name: 'Redis',
      state: isWell ? 'healthy' : 'degraded',
      figures: isWell ? `${percent(asPercent(cache.l2?.hit_rate ?? null))} of what memory missed` : 'does not answer',
      advice: isWell
        ? null
        : 'Reads go to PostgreSQL meanwhile; nothing is lost or late. Check REDIS_URL and the Redis server.',
    },
  ];
}

function database({ database: { status, response_time_ms, pool } }: DeepHealth): Part {
  const isUp = status === 'healthy' || status === 'ok' || status === 'up';
  const size = pool?.max ?? pool?.size;
  const figures = isUp ? `answers in ${milliseconds(response_time_ms)}` : 'does not answer';
  return {
    name: 'PostgreSQL',
    state: isUp ? 'healthy' : 'unavailable',
    figures: isUp && size !== undefined ? `${figures}, pool of ${count(size)}` : figures,
    advice: isUp
      ? null
      : 'Check DATABASE_URL and the server. What waits is in the database and goes out when it is back.',
  };
}

const LATE_SECONDS = 60;

function queue({ delivery: { queue_depth, scheduled = 0, parked = 0, oldest_due_seconds } }: DeepHealth): Part {
  const isLate = (oldest_due_seconds ?? 0) > LATE_SECONDS;
  const oldest = (oldest_due_seconds ?? 0) >= 1 ? `, the oldest due for ${duration(oldest_due_seconds ?? 0)}` : '';
  return {
    name: 'Queue',
    state: isLate ? 'degraded' : 'healthy',
    figures: [
      queue_depth === 0 ? 'nothing waits' : `${counted(queue_depth, 'delivery', 'deliveries')} wait${oldest}`,
      scheduled > 0 ? `${counted(scheduled, 'retry', 'retries')} for later` : '',
      parked > 0 ? `${count(parked)} parked` : '',
    ]
      .filter(Boolean)
      .join('; '),
    advice: isLate ? 'Deliveries are late: start another worker with tocsin work, or raise WORKER_CONCURRENCY.' : null,
  };
}

/** Of this tenant; of others it is only said that there are some. */
function queueLimit({ delivery: { tenants_near_queue_limit: near = 0 } }: DeepHealth, overview?: Overview): Part[] {
  return describeQueueLimit(overview).map(({ name, state, words }) => {
    const others = near - (state === 'healthy' ? 0 : 1);
    const isWell = state === 'healthy' && others <= 0;
    const also = others > 0 ? `; ${counted(others, 'other tenant')} near theirs` : '';
    return {
      name,
      state: isWell ? 'healthy' : state === 'healthy' ? 'degraded' : state,
      figures: words + also,
      advice: isWell
        ? null
        : 'Beyond it alerts are refused. Repair the webhook that most waits for, or raise the limit with set_queue_limit.',
    };
  });
}

function workers({ delivery: { workers: live } }: DeepHealth, system: SystemOverview | undefined): Part {
  const silent = (system?.workers ?? []).filter(({ is_alive }) => !is_alive).length;
  const flying = (system?.workers ?? []).reduce((sum, { in_flight }) => sum + in_flight, 0);
  const alive = live > 0 ? `${counted(live, 'worker')} alive` : 'none is alive';
  const advice = 'Nothing is being sent. Start one: tocsin serve, or tocsin work.';
  const silentAdvice = 'A worker fell silent: it crashed or hangs. Its deliveries have been given to others.';
  return {
    name: 'Workers',
    state: live === 0 ? 'unavailable' : silent > 0 ? 'degraded' : 'healthy',
    figures: [alive, silent > 0 ? `${count(silent)} silent` : '', system ? `${count(flying)} under way` : '']
      .filter(Boolean)
      .join(', '),
    advice: live === 0 ? advice : silent > 0 ? silentAdvice : null,
  };
}

function webhooks({ webhooks: { active_count, failed_count } }: DeepHealth): Part {
  const isWell = failed_count === 0;
  return {
    name: 'Webhooks',
    state: isWell ? 'healthy' : 'degraded',
    figures: `${count(active_count)} active, ${count(failed_count)} failing`,
    advice: isWell ? null : 'Look at those that fail: each says why and until when.',
    path: '/webhooks?health_status=unavailable',
  };
}

/** The figures of the cache as pairs of name and value. */
export function cachePairs(stats: CacheStats): [string, string][] {
  return [
    ['Hit rate', percent(asPercent(stats.hit_rate))],
    ['Reads', count(stats.total_requests)],
    ['Hits', count(stats.cache_hits)],
    ['Misses', count(stats.cache_misses)],
    ['Evicted', count(stats.evicted_entries)],
    ['Size', `${bytes(stats.current_size_bytes)} of ${bytes(stats.max_size_bytes)}`],
  ];
}

/** A rate from 0 to 1 as a percentage; one that is a percentage already stays. */
function asPercent(rate: number | null | undefined): number | null {
  if (rate === null || rate === undefined) return null;
  return rate <= 1 ? rate * 100 : rate;
}
