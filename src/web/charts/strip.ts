// The health of a webhook over a day as cells of ten minutes.
import type { TimePoint } from '../api/dashboard_types.ts';
import { fillSteps } from './columns.ts';

export interface StripCell {
  /** Start of the cell, milliseconds since 1970. */
  atMs: number;
  state: 'healthy' | 'degraded' | 'unavailable' | 'unknown';
  delivered: number;
  failed: number;
}

export const CELL_SECONDS = 600;
const DAY_MS = 86_400_000;

/** 144 cells, oldest first: unknown where nothing was sent. */
export function healthStrip(points: readonly TimePoint[], now: number): StripCell[] {
  const untilMs = Math.ceil(now / 1_000 / CELL_SECONDS) * CELL_SECONDS * 1_000;
  const steps = fillSteps(points, { sinceMs: untilMs - DAY_MS, untilMs, stepSeconds: CELL_SECONDS });
  return steps.map(({ startsAt, point }) => {
    const delivered = point?.delivered ?? 0;
    const failed = point?.failed ?? 0;
    return { atMs: startsAt * 1_000, state: stateOf(delivered, failed), delivered, failed };
  });
}

/** As the health of a webhook goes: more than a tenth failed is degraded; at least half is as good as unavailable. */
function stateOf(delivered: number, failed: number): StripCell['state'] {
  if (delivered + failed === 0) return 'unknown';
  const share = failed / (delivered + failed);
  if (share >= 0.5) return 'unavailable';
  return share > 0.1 ? 'degraded' : 'healthy';
}
