// Turns what a server has counted into the figures of the last looks.
import { counters, gauges, pools, statuses } from '../store/meter_specs.ts';
import type { Meters } from '../store/meters.ts';
import type { Scoreboard } from '../store/scoreboard.ts';
import { type Reading, WINDOW_LOOKS } from './watch_conditions.ts';

/** What the database says: see the SQL function watch_system. */
export type SystemNow = { workers: number; oldest_due_seconds: number; tenants_near_queue_limit: number };

type Snapshot = {
  at: number;
  requests: number;
  serverErrors: number;
  slowRequests: number;
  cacheReads: number;
  cacheHits: number;
  disconnects: number;
  attempts: number;
  failedAttempts: number;
  oldestDueSeconds: number;
};

/** Remembers one window of snapshots; see `look`. */
export class WatchWindow {
  readonly #meters: Pick<Meters, 'total'>;
  readonly #board: Pick<Scoreboard, 'sum'> | undefined;
  readonly #snapshots: Snapshot[] = [];

  constructor(meters: Pick<Meters, 'total'>, board?: Pick<Scoreboard, 'sum'>) {
    this.#meters = meters;
    this.#board = board;
  }

  /** @param now in ms, of a clock that never jumps */
  look(system: SystemNow, now = performance.now()): Reading {
    const cells = this.#meters.total();
    const last = takeSnapshot(cells, this.#board, system, now);
    this.#snapshots.push(last);
    if (this.#snapshots.length > WINDOW_LOOKS + 1) this.#snapshots.shift();
    const first = this.#snapshots[0] as Snapshot;
    const before = this.#snapshots[this.#snapshots.length >> 1] as Snapshot;
    const minutes = Math.max(now - first.at, 1) / 60_000;
    const grown = (name: keyof Snapshot) => Math.max(0, last[name] - first[name]);
    return {
      requests: grown('requests'),
      serverErrors: grown('serverErrors'),
      slowRequests: grown('slowRequests'),
      poolShare: fullestPool(cells),
      cacheReads: grown('cacheReads'),
      cacheHits: grown('cacheHits'),
      // Of a window that has only just begun, one event would be a high rate.
      disconnectsPerMinute: grown('disconnects') / Math.max(minutes, 1),
      attempts: grown('attempts'),
      failedAttempts: grown('failedAttempts'),
      workers: system.workers,
      tenantsNearQueueLimit: system.tenants_near_queue_limit,
      oldestDueSeconds: system.oldest_due_seconds,
      oldestDueSecondsBefore: before.oldestDueSeconds,
    };
  }
}

function takeSnapshot(
  cells: Float64Array,
  board: Pick<Scoreboard, 'sum'> | undefined,
  system: SystemNow,
  at: number,
): Snapshot {
  const hits = board === undefined ? 0 : board.sum('l1_hits') + board.sum('l2_hits');
  return {
    at,
    ...countRequests(cells),
    ...countAttempts(cells),
    cacheHits: hits,
    cacheReads: hits + (board?.sum('misses') ?? 0),
    // The first is the goodbye.
    disconnects: sum(cells, counters.socketsClosed.at + 1, 2),
    oldestDueSeconds: system.oldest_due_seconds,
  };
}

function countRequests(cells: Float64Array): Pick<Snapshot, 'requests' | 'serverErrors' | 'slowRequests'> {
  const { requests, requestSeconds } = counters;
  const figures = { requests: 0, serverErrors: 0, slowRequests: 0 };
  for (let i = requests.at; i < requestSeconds.at; i++) {
    const count = cells[i] as number;
    figures.requests += count;
    if (statuses[(i - requests.at) % statuses.length]?.startsWith('5')) figures.serverErrors += count;
  }
  const { bounds, width, at } = requestSeconds;
  const isSlow = bounds.indexOf(0.5) + 1;
  for (let from = at; from < cells.length; from += width) {
    figures.slowRequests += sum(cells, from + isSlow, bounds.length + 1 - isSlow);
  }
  return figures;
}

/** Attempts for alerts of users: the last label says whose they are, the first is `delivered`. */
function countAttempts(cells: Float64Array): Pick<Snapshot, 'attempts' | 'failedAttempts'> {
  const { at, labels } = counters.attempts;
  const places = Object.values(labels).reduce((count, values) => count * values.length, 1);
  let attempts = 0;
  for (let place = 0; place < places; place += 2) attempts += cells[at + place] as number;
  return { attempts, failedAttempts: attempts - (cells[at] as number) - (cells[at + 2] as number) };
}

function fullestPool(cells: Float64Array): number {
  const shares = pools.map((_, place) => {
    const size = cells[gauges.poolSize.at + place] as number;
    return size === 0 ? 0 : (cells[gauges.poolUsed.at + place] as number) / size;
  });
  return Math.max(...shares);
}

function sum(cells: Float64Array, from: number, count: number): number {
  let total = 0;
  for (let i = from; i < from + count; i++) total += cells[i] as number;
  return total;
}
