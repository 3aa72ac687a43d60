// Counts the calls of SQL functions: how many, how long, how many fail, and how many are under way on their pool.
import { CALLS_MAX, counters, gauges, pools } from './meter_specs.ts';
import type { Meters } from './meters.ts';

type AnyCall = (args?: Record<string, unknown>) => Promise<unknown>;

export type CallMeterOptions = {
  meters: Meters;
  pool: (typeof pools)[number];
  /** Connections that the pool has at most. */
  max: number;
  /** Gives each call its place. */
  names: readonly string[];
};

/** The same calls, by noun, counted. */
export function meterCalls<Nouns extends object>(nouns: Nouns, { meters, pool, max, names }: CallMeterOptions): Nouns {
  const poolPlace = pools.indexOf(pool);
  let underWay = 0;
  meters.set(gauges.poolSize, max, poolPlace);
  const change = (by: 1 | -1) => {
    underWay += by;
    meters.set(gauges.poolCalls, underWay, poolPlace);
    meters.set(gauges.poolUsed, Math.min(underWay, max), poolPlace);
    meters.set(gauges.poolWaiting, Math.max(0, underWay - max), poolPlace);
  };
  const meter = (name: string, run: AnyCall): AnyCall => {
    const at = names.indexOf(name);
    const place = at < 0 || at >= CALLS_MAX ? CALLS_MAX - 1 : at;
    return async (args) => {
      const startedAt = performance.now();
      change(1);
      try {
        return await run(args);
      } catch (error) {
        meters.add(counters.callErrors, place);
        throw error;
      } finally {
        change(-1);
        meters.add(counters.calls, place);
        meters.add(counters.callSeconds, place, (performance.now() - startedAt) / 1000);
      }
    };
  };
  const meterNoun = (calls: Record<string, AnyCall>) =>
    Object.fromEntries(Object.entries(calls).map(([name, run]) => [name, meter(name, run)]));
  return Object.fromEntries(Object.entries(nouns).map(([noun, calls]) => [noun, meterNoun(calls)])) as Nouns;
}
