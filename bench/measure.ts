// Compares contenders in one run: rounds over all of them, in turn, and the median of each figure.
import { loadavg } from 'node:os';
import type { Bench } from './scenario.ts';

/** Figures of one run of one contender, by name. */
export type Sample = Record<string, number>;

/** One of those that are compared. `run` measures once; what it needs is made before, and not measured. */
export type Contender = { name: string; prepare?: () => Promise<void>; run: () => Promise<Sample> };

/** The medians of each contender's figures, by its name. */
export type Medians = Map<string, Sample>;

/**
 * Runs every contender in every round, interleaved, so that what else the machine does hits all alike; each round starts with
 * another one. A full run is preceded by a round that does not count: caches fill, code is compiled.
 */
export async function compare(bench: Bench, contenders: Contender[]): Promise<Medians> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  const warmUps = bench.size === 'full' ? 1 : 0;
  for (let round = -warmUps; round < bench.rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round + contenders.length) % contenders.length] as Contender;
      await contender.prepare?.();
      const sample = await contender.run();
      bench.say(
        `  ${round < 0 ? 'warm-up' : `round ${round + 1}`} ${contender.name}: ${wordsOf(sample)} (load ${load()})`,
      );
      if (round >= 0) samples.get(contender.name)?.push(sample);
    }
  }
  return new Map([...samples].map(([name, list]) => [name, mediansOf(list)]));
}

function mediansOf(samples: Sample[]): Sample {
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(samples.map((sample) => sample[name] as number))]));
}

function wordsOf(sample: Sample): string {
  return Object.entries(sample)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ');
}

/** The middle one, or the mean of the middle two; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The value that `share` (0 to 1) of all do not exceed; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A figure as a table shows it: three digits that count, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** One figure in terms of another, as in `1.7 ×`. */
export function ratio(value: number, base: number): string {
  return Number.isFinite(value / base) ? `${(value / base).toFixed(2)} ×` : '–';
}

/** The machine's load average over the last minute. */
export function load(): string {
  return (loadavg()[0] as number).toFixed(1);
}
