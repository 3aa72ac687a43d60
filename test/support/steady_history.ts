// A history of nine days in which little happens, unless told otherwise: one webhook, one alert type.
import { bucketOf, type Simulation, sumOf } from './history_simulation.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Where the simulated time ends; the same in every run, so that noise is too. */
export const until = Date.UTC(2026, 2, 17, 14);

/** Nine days of one webhook with 600 attempts an hour at 20 ms, and one alert type with 240 an hour. */
export function makeSteady(
  change: Partial<Record<'failed' | 'ms' | 'attempts' | 'alerts', (at: number, usual: number) => number>> = {},
  end = until,
): Simulation {
  const periods: Simulation['periods'] = [];
  const counts: Simulation['counts'] = [];
  const wave = (at: number, size: number) => Math.round(size * Math.sin(at / 7_654_321));
  for (let at = end - 9 * 24 * hourMs; at < end; at += 5 * minuteMs) {
    const attempts = change.attempts?.(at, 50) ?? 50 + wave(at, 6);
    const failed = Math.min(attempts, change.failed?.(at, 0) ?? 0);
    const latencies = new Map([[bucketOf(change.ms?.(at, 20) ?? 20), attempts - failed]]);
    if (attempts > 0) periods.push({ step: 300, at, webhook: 1, attempts, failed, latencies });
    const alerts = change.alerts?.(at, 20) ?? 20 + wave(at + 1e6, 4);
    if (alerts > 0) counts.push({ type: 'order.paid', at, alerts });
  }
  return { periods: [...periods, ...hoursOf(periods)], counts };
}

function hoursOf(periods: Simulation['periods']): Simulation['periods'] {
  const hours = Map.groupBy(periods, ({ at }) => Math.floor(at / hourMs) * hourMs);
  return [...hours].map(([at, bins]) => sumOf(bins, at));
}
