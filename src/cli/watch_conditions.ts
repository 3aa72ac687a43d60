// Decides when something is wrong with Tocsin itself, and when it is over: figures in, changes out, nothing else.

/** Figures of the last looks, as sums over the window, or as they are now. */
export type Reading = {
  requests: number;
  /** Answered with 500 or more. */
  serverErrors: number;
  /** That took more than half a second. */
  slowRequests: number;
  /** The fullest pool: connections in use by those there may be. */
  poolShare: number;
  cacheReads: number;
  cacheHits: number;
  /** WebSockets that ended without a goodbye, by minute. */
  disconnectsPerMinute: number;
  /** To deliver alerts that are not about Tocsin itself. */
  attempts: number;
  failedAttempts: number;
  workers: number;
  oldestDueSeconds: number;
  /** The same half a window earlier. */
  oldestDueSecondsBefore: number;
  /** Of whose queue_limit 80 % or more is used. */
  tenantsNearQueueLimit: number;
};

export type Condition = {
  /** Of the alert; the rule of Prometheus and the section of the runbook have the same name with _ for the dot. */
  type: `tocsin.${string}`;
  severity: 'WARNING' | 'CRITICAL';
  /** Whether each server judges it for itself, or one process for all. */
  scope: 'server' | 'system';
  /** Beyond it something is wrong: above, or below where `isFloor`. */
  limit: number;
  isFloor?: boolean;
  /** Undefined where too little happened to say anything: then all is well. */
  value(reading: Reading): number | undefined;
  /** What must hold beside it for the condition to be entered. */
  mayEnter?(reading: Reading): boolean;
  /** In a few words, with the value. */
  words(value: number): string;
};

/** Looks in a row that must agree before a condition is entered, or left. */
export const LOOKS_TO_CHANGE = 6;
/** Looks that a window spans: five minutes at one every ten seconds. */
export const WINDOW_LOOKS = 30;
/** A condition is left only so far on the good side of its limit, so that nothing flaps around it. */
const MARGIN = 0.2;
/** Of less, one event would be a high rate. */
const EVENTS_MIN = 20;
const CACHE_READS_MIN = 100;

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const share = (part: number, whole: number, min: number) => (whole < min ? undefined : part / whole);

/** All that Tocsin looks for in itself. */
export const conditions: readonly Condition[] = [
  {
    type: 'tocsin.api_errors',
    severity: 'CRITICAL',
    scope: 'server',
    limit: 0.01,
    value: (r) => share(r.serverErrors, r.requests, EVENTS_MIN),
    words: (value) => `${percent(value)} of the requests to the API fail`,
  },
  {
    type: 'tocsin.pool_exhausted',
    severity: 'WARNING',
    scope: 'server',
    limit: 0.8,
    value: (r) => r.poolShare,
    words: (value) => `${percent(value)} of the connections to PostgreSQL are in use`,
  },
  {
    type: 'tocsin.cache_cold',
    severity: 'WARNING',
    scope: 'server',
    limit: 0.7,
    isFloor: true,
    value: (r) => share(r.cacheHits, r.cacheReads, CACHE_READS_MIN),
    words: (value) => `Only ${percent(value)} of the reads are answered from the cache`,
  },
  {
    type: 'tocsin.sockets_dropping',
    severity: 'WARNING',
    scope: 'server',
    limit: 5,
    value: (r) => r.disconnectsPerMinute,
    words: (value) => `${value.toFixed(1)} WebSockets a minute are cut off`,
  },
  {
    type: 'tocsin.api_slow',
    severity: 'WARNING',
    scope: 'server',
    // The 99th percentile is above half a second when more than a hundredth of the requests take longer.
    limit: 0.01,
    value: (r) => share(r.slowRequests, r.requests, EVENTS_MIN),
    words: (value) => `${percent(value)} of the requests to the API take longer than 500 ms`,
  },
  {
    type: 'tocsin.deliveries_failing',
    severity: 'CRITICAL',
    scope: 'server',
    limit: 0.05,
    value: (r) => share(r.failedAttempts, r.attempts, EVENTS_MIN),
    words: (value) => `${percent(value)} of the attempts to deliver fail`,
  },
  {
    type: 'tocsin.no_worker',
    severity: 'CRITICAL',
    scope: 'system',
    limit: 1,
    isFloor: true,
    value: (r) => r.workers,
    words: () => 'No worker is alive: nothing is delivered',
  },
  {
    type: 'tocsin.lag_growing',
    severity: 'CRITICAL',
    scope: 'system',
    limit: 60,
    value: (r) => r.oldestDueSeconds,
    mayEnter: (r) => r.oldestDueSeconds > r.oldestDueSecondsBefore,
    words: (value) =>
      `The oldest delivery that could be sent has been due for ${Math.round(value)} s, and it gets worse`,
  },
  {
    type: 'tocsin.queue_near_limit',
    severity: 'WARNING',
    scope: 'system',
    limit: 0,
    value: (r) => r.tenantsNearQueueLimit,
    words: (value) =>
      `${value === 1 ? 'One tenant has' : `${value} tenants have`} used 80 % of the queue limit: beyond it raising is refused`,
  },
];

/** What is remembered of a condition from one look to the next. */
export type Standing = { isFiring: boolean; streak: number };
export type Judgement = Standing & { change?: 'entered' | 'left' };

/** Takes one look at a condition. */
export function judge(condition: Condition, reading: Reading, { isFiring, streak }: Standing): Judgement {
  const agrees = isFiring ? isOver(condition, reading) : isWrong(condition, reading);
  if (!agrees) return { isFiring, streak: 0 };
  if (streak + 1 < LOOKS_TO_CHANGE) return { isFiring, streak: streak + 1 };
  return { isFiring: !isFiring, streak: 0, change: isFiring ? 'left' : 'entered' };
}

function isWrong(condition: Condition, reading: Reading): boolean {
  const value = condition.value(reading);
  if (value === undefined || condition.mayEnter?.(reading) === false) return false;
  return condition.isFloor ? value < condition.limit : value > condition.limit;
}

function isOver({ value, limit, isFloor }: Condition, reading: Reading): boolean {
  const now = value(reading);
  if (now === undefined) return true;
  // A floor of one worker has no room above it.
  return isFloor ? now >= Math.min(limit * (1 + MARGIN), Math.max(limit, 1)) : now <= limit * (1 - MARGIN);
}
