// Reads the deep health check: each part with its state, its figures, and what to do when it is not well.
import type { CacheStats, DeepHealth } from '../api/dashboard_types.ts';
import type { HealthStatus } from '../api/types.ts';
import { bytes, count, counted, milliseconds, percent } from '../format/numbers.ts';
import { duration } from '../format/times.ts';

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

export function listParts(health: DeepHealth): Part[] {
  return [database(health), queue(health), workers(health), webhooks(health), ...cacheParts(health)];
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

function queue({ delivery: { queue_depth, oldest_due_seconds } }: DeepHealth): Part {
  const isLate = (oldest_due_seconds ?? 0) > LATE_SECONDS;
  const oldest = (oldest_due_seconds ?? 0) >= 1 ? `, the oldest due for ${duration(oldest_due_seconds ?? 0)}` : '';
  return {
    name: 'Queue',
    state: isLate ? 'degraded' : 'healthy',
    figures: queue_depth === 0 ? 'nothing waits' : `${counted(queue_depth, 'delivery', 'deliveries')} wait${oldest}`,
    advice: isLate ? 'Deliveries are late: start another worker with tocsin work, or raise WORKER_CONCURRENCY.' : null,
  };
}

function workers({ delivery }: DeepHealth): Part {
  const live = Array.isArray(delivery.workers) ? delivery.workers.length : delivery.workers;
  return {
    name: 'Workers',
    state: live > 0 ? 'healthy' : 'unavailable',
    figures: live > 0 ? `${counted(live, 'worker')} alive` : 'none is alive',
    advice: live > 0 ? null : 'Nothing is being sent. Start one: tocsin serve, or tocsin work.',
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
