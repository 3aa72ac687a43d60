// What every scenario looks like: it takes a bench and gives tables, figures and notes.
import type { Place } from './place.ts';

/** How much a run does: `full` for RESULTS.md, `short` for CI, `tiny` only to show that the scenario still works. */
export type Size = 'full' | 'short' | 'tiny';

/** What a scenario is given. */
export type Bench = {
  size: Size;
  place: Place;
  /** Rounds over all contenders; the median of each counts. */
  rounds: number;
  /** Picks by size. */
  pick<T>(full: T, short: T, tiny: T): T;
  /** Shows what is going on; not part of the results. */
  say(line: string): void;
};

/** One table of results; the first column is text, the others are figures. */
export type Table = { title: string; head: string[]; rows: string[][] };

/** A line for each of some contenders, drawn into RESULTS.md; both axes are logarithmic. */
export type Plot = {
  /** Of its file. */
  name: string;
  title: string;
  xLabel: string;
  yLabel: string;
  lines: { name: string; points: [x: number, y: number][] }[];
};

/** What a scenario found out. `figures` are what budgets.json may hold to limits: ratios, latencies, bytes. */
export type Report = { tables: Table[]; figures: Record<string, number>; notes: string[]; plots?: Plot[] };

/** A scenario; one file each in `scenarios/`, exported as `scenario`. */
export type Scenario = {
  name: string;
  /** One sentence: what is measured. */
  title: string;
  /** Takes so long that it runs only when it is named. */
  isLong?: true;
  run(bench: Bench): Promise<Report>;
};

/** Makes the bench of one run; `say` goes to standard error, so that tables can be piped. */
export function makeBench(size: Size, place: Place, say: Bench['say'] = (line) => console.error(line)): Bench {
  const pick = <T>(full: T, short: T, tiny: T): T => (size === 'full' ? full : size === 'short' ? short : tiny);
  return { size, place, rounds: pick(3, 1, 1), pick, say };
}
