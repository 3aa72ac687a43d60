// The sentence at the top of the overview: is anything wrong, what, and since when.
import type { Tile } from '../api/dashboard_types.ts';
import type { HealthStatus } from '../api/types.ts';
import { count, counted } from '../format/numbers.ts';
import { clock, duration } from '../format/times.ts';

export interface Sentence {
  /** The worst state of all. */
  state: HealthStatus;
  /** About the webhooks. */
  webhooks: string;
  /** About the queue. */
  queue: string;
}

export interface Waiting {
  count: number;
  oldestSeconds: number | null;
}

/** How old the oldest waiting delivery may be before it is worth a word. */
export const LATE_SECONDS = 5;

/** "3 of 214 webhooks are failing since 14:02" and "1,204 deliveries wait, the oldest for 2 m". */
export function overviewSentence(tiles: readonly Tile[], waiting: Waiting, now: number, zone?: string): Sentence {
  const active = tiles.filter((tile) => tile.is_active);
  const failing = active.filter((tile) => tile.health_status === 'unavailable');
  const degraded = active.filter((tile) => tile.health_status === 'degraded');
  return {
    state: worst(active, failing.length, degraded.length),
    webhooks: webhooksPart(tiles, active, failing, degraded, now, zone),
    queue: queuePart(waiting),
  };
}

function worst(active: readonly Tile[], failing: number, degraded: number): HealthStatus {
  if (failing > 0) return 'unavailable';
  if (degraded > 0) return 'degraded';
  return active.some((tile) => tile.health_status === 'healthy') ? 'healthy' : 'unknown';
}

function webhooksPart(
  tiles: readonly Tile[],
  active: readonly Tile[],
  failing: readonly Tile[],
  degraded: readonly Tile[],
  now: number,
  zone?: string,
): string {
  if (tiles.length === 0) return 'There is no webhook yet';
  if (active.length === 0) return tiles.length === 1 ? 'The only webhook is paused' : 'All webhooks are paused';
  const of = active.length === 1 ? 'The only webhook' : null;
  const since = sinceWords(failing.length > 0 ? failing : degraded, now, zone);
  if (failing.length > 0) {
    const also = degraded.length > 0 ? ` and ${count(degraded.length)} degraded` : '';
    if (of) return `${of} is failing${since}`;
    return `${count(failing.length)} of ${counted(active.length, 'webhook')} ${areOrIs(failing)} failing${also}${since}`;
  }
  if (degraded.length > 0) {
    return of
      ? `${of} is degraded${since}`
      : `${count(degraded.length)} of ${counted(active.length, 'webhook')} ${areOrIs(degraded)} degraded${since}`;
  }
  const used = active.filter((tile) => tile.health_status === 'healthy').length;
  if (used === 0)
    return of ? `${of} has sent nothing yet` : `None of the ${count(active.length)} webhooks has sent anything yet`;
  if (of) return `${of} is healthy`;
  if (used < active.length)
    return `Nothing is wrong: ${count(used)} of ${count(active.length)} webhooks are healthy, the rest unused`;
  return `All ${count(active.length)} webhooks are healthy`;
}

function areOrIs(some: readonly unknown[]): string {
  return some.length === 1 ? 'is' : 'are';
}

/** Since the first of them turned. */
function sinceWords(tiles: readonly Tile[], now: number, zone?: string): string {
  const times = tiles.flatMap((tile) => (tile.status_changed_at ? [Date.parse(tile.status_changed_at)] : []));
  return times.length === 0 ? '' : ` since ${clock(Math.min(...times), now, zone)}`;
}

function queuePart({ count: waiting, oldestSeconds }: Waiting): string {
  if (waiting === 0) return 'nothing waits';
  const oldest =
    oldestSeconds !== null && oldestSeconds >= LATE_SECONDS ? `, the oldest for ${duration(oldestSeconds)}` : '';
  return `${counted(waiting, 'delivery', 'deliveries')} ${waiting === 1 ? 'waits' : 'wait'}${oldest}`;
}
