// Gathers results until there are enough of them for one recording, or the first has waited long enough.
import type { Result } from './batch.ts';

const RECORD_COUNT_MAX = 500;
/** Results wait for company until there are so many, or for so long. */
const GATHER_COUNT = 500;
/** So many are enough when the recording brings a claim along that is needed soon. */
const HUNGRY_COUNT = 100;
const GATHER_MS = 20;

/** The results of one worker that are not recorded yet. */
export class Gathered {
  #results: Result[] = [];
  #firstAt = 0;
  #countMax = RECORD_COUNT_MAX;

  get count(): number {
    return this.#results.length;
  }

  /** True when whoever records should look: this is the first result, or the one that makes them enough. */
  add(result: Result): boolean {
    if (this.#results.length === 0) this.#firstAt = performance.now();
    const count = this.#results.push(result);
    return count === 1 || count === GATHER_COUNT || count === HUNGRY_COUNT;
  }

  /** True when they should be recorded now; `isLast`: nothing that is in flight could join them. */
  isRipe(isLast: boolean, isHungry: boolean): boolean {
    const { count } = this;
    return count >= (isHungry ? HUNGRY_COUNT : GATHER_COUNT) || (count > 0 && (isLast || this.dueMs() <= 0));
  }

  /** How long the first may still wait. */
  dueMs(): number {
    return this.#firstAt + GATHER_MS - performance.now();
  }

  /** Takes the oldest for one recording. */
  take(): Result[] {
    this.#firstAt = performance.now();
    return this.#results.splice(0, this.#countMax);
  }

  /** After an error. Recording twice is harmless, so what may or may not be committed is recorded again. */
  giveBack(results: Result[]): void {
    this.#results.unshift(...results);
  }

  /** These are recorded: after a refusal the next batch may be larger again. */
  recorded(results: Result[]): void {
    this.#countMax = Math.min(RECORD_COUNT_MAX, Math.max(this.#countMax, results.length) * 2);
  }

  /** True after a refusal, until all is well: what is recorded then is recorded without a claim, so that no doubt is left. */
  get isSuspect(): boolean {
    return this.#countMax < RECORD_COUNT_MAX;
  }

  /**
   * The database refuses these results as such. The next batch is half as large, so that the one at fault is found in a few
   * rounds and does not hold up all the others for ever. Returns it when it stands alone: it is not given back.
   */
  refused(results: Result[]): Result | undefined {
    if (results.length === 1 && this.isSuspect) return results[0];
    this.giveBack(results);
    this.#countMax = Math.max(1, results.length >> 1);
    return undefined;
  }
}

/** True for errors that the same results will meet again: broken constraints and values, not broken connections. */
export function isRefusal(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  // SQLSTATE classes: cardinality, data, integrity constraint, raised by a function.
  return typeof code === 'string' && /^(?:21|22|23|P0)[0-9A-Z]{3}$/.test(code);
}
