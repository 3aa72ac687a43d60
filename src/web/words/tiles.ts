// Sorts the tiles of the health grid into groups, the worst first.
import type { Tile } from '../api/dashboard_types.ts';
import type { HealthStatus } from '../api/types.ts';
import { count } from '../format/numbers.ts';
import { plainError } from './delivery.ts';
import { troubleOf } from './webhook.ts';

export interface TileGroup {
  name: string;
  /** Null for those that are paused. */
  state: HealthStatus | null;
  tiles: Tile[];
  /** Large tiles: for few webhooks in all, and for those that need a look unless they are very many. */
  isLarge: boolean;
}

const LARGE_MAX = 60;

const order: readonly { name: string; state: HealthStatus | null }[] = [
  { name: 'Unavailable', state: 'unavailable' },
  { name: 'Degraded', state: 'degraded' },
  { name: 'Healthy', state: 'healthy' },
  { name: 'Not used yet', state: 'unknown' },
  { name: 'Paused', state: null },
];

/** Those whose name contains the search; within a group the lowest success rate first, then by name. */
export function groupTiles(tiles: readonly Tile[], search: string): TileGroup[] {
  const wanted = search.trim().toLowerCase();
  const found = wanted === '' ? tiles : tiles.filter((tile) => tile.name.toLowerCase().includes(wanted));
  const byState = Map.groupBy(found, (tile) => (tile.is_active ? tile.health_status : null));
  return order.flatMap(({ name, state }) => {
    const members = byState.get(state);
    if (!members) return [];
    const isTrouble = state === 'unavailable' || state === 'degraded';
    const isLarge = (isTrouble ? members.length : found.length) <= LARGE_MAX;
    return [{ name, state, tiles: members.toSorted(worstFirst), isLarge }];
  });
}

function worstFirst(a: Tile, b: Tile): number {
  const rates = (a.success_rate_percent ?? 100) - (b.success_rate_percent ?? 100);
  return rates || a.name.localeCompare(b.name);
}

/** The last line of a tile: until when it is held back, else what it answered, else what waits. */
export function tileNote(tile: Tile, now: number): string {
  if (!tile.is_active) return tile.disabled_reason ? 'switched off' : '';
  const trouble = troubleOf(tile, now);
  const isWell = tile.health_status === 'healthy' || tile.health_status === 'unknown';
  const answer = isWell ? null : (tile.last_status_code ?? (tile.last_error ? plainError(tile.last_error) : null));
  const waiting = tile.pending_deliveries > 0 ? `${count(tile.pending_deliveries)} waiting` : null;
  return [answer, trouble ?? waiting].filter((part) => part !== null).join(', ');
}
